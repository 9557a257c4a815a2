package ai.lacuna.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.graph.Program;
import ai.lacuna.oracle.ForkedJava;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a step that computes activations again saves in memory, in a process of its own. */
class RecomputationMemoryTest {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final int BATCH = 32;
  private static final int KEEP = 48;

  /** One step; prints the resident peak that it added, in KiB, and the loss. */
  static final class Step {
    private Step() {}

    public static void main(String[] arguments) throws IOException {
      VitConfig vit = new VitConfig(32, 32, 1, 4, 64, 12, 4, 4, VitConfig.Positions.SIN_COS);
      MaskedAutoencoder network =
          new MaskedAutoencoder(
              new VisionTransformer(vit, new Normalization(List.of(0.5), List.of(0.5))),
              DecoderConfig.micro(),
              KEEP,
              Objective.paper());
      Program program = Program.of(network.lossFunction());
      Numerics numerics =
          Numerics.plain().withCheckpointActivations(Boolean.parseBoolean(arguments[0]));
      try (Trainee trainee =
              new Trainee(
                  program,
                  Weights.initial(program, 1),
                  AdamW.pretraining(),
                  numerics,
                  List.of(Device.cpu()));
          NDManager manager = trainee.newManager()) {
        // The first step loads code and makes buffers of libraries; a small one does as well.
        trainee.accumulate("loss", inputs(manager, vit, 1));
        long before = peakKiB();
        float loss = trainee.accumulate("loss", inputs(manager, vit, BATCH));
        System.out.println("peak " + (peakKiB() - before) + " loss " + loss);
      }
    }

    private static NDArray[] inputs(NDManager manager, VitConfig vit, int batch) {
      NDArray ids = manager.arange(0, vit.numPatches(), 1, DataType.INT64);
      NDArray restore = ids.reshape(1, vit.numPatches()).repeat(0, batch);
      return new NDArray[] {
        manager.zeros(new Shape(batch, 32, 32, 1), DataType.UINT8),
        restore.get(":, :" + KEEP),
        restore,
        manager.ones(new Shape(batch, vit.numPatches())),
        restore.get(":, " + KEEP + ":")
      };
    }

    private static long peakKiB() throws IOException {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    }
  }

  private static String[] step(boolean recomputed) throws IOException, InterruptedException {
    List<String> lines = ForkedJava.run(Step.class, Boolean.toString(recomputed));
    return lines.stream()
        .filter(line -> line.startsWith("peak "))
        .findFirst()
        .orElseThrow()
        .split(" ", -1);
  }

  @Test
  void aStepNeedsLessThanHalfTheMemory() throws IOException, InterruptedException {
    if (!Files.exists(STATUS)) {
      return; // Only Linux says what a process's peak was.
    }
    String[] kept = step(false);
    String[] recomputed = step(true);
    assertEquals(kept[3], recomputed[3], "loss");
    long plain = Long.parseLong(kept[1]);
    long less = Long.parseLong(recomputed[1]);
    assertTrue(less < plain / 2, less + " KiB of " + plain);
  }
}
