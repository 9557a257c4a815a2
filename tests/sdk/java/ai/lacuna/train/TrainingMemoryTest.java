package ai.lacuna.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Program;
import ai.lacuna.masking.Mask;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.ForkedJava;
import ai.lacuna.oracle.RemovedIds;
import ai.lacuna.oracle.ResidentMemory;
import ai.lacuna.oracle.TorchRun;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A thousand steps leave nothing behind in native memory. */
class TrainingMemoryTest {
  private static final int STEPS = 1000;
  private static final int EVERY = 100;
  private static final String MARK = "mark ";

  private static final int BATCH = 8;

  /**
   * Growth between step 100 and step 1,000. A leak of a step's activations would be hundreds of
   * megabytes; the JVM's compiler may take some once.
   */
  private static final long MAX_GROWTH = 24L << 20;

  /**
   * Growth in the last 500 steps, when nothing new is compiled; seen: at most 1.8 MB. A leak of
   * nothing but the steps' inputs, 12 kB, would show as 6 MB.
   */
  private static final long MAX_LATE_GROWTH = 4L << 20;

  private static final VitConfig VIT =
      new VitConfig(16, 16, 3, 4, 24, 2, 2, 4, VitConfig.Positions.SIN_COS);
  private static final MaskedAutoencoder NETWORK =
      new MaskedAutoencoder(
          new VisionTransformer(VIT, Normalization.imageNet()),
          new DecoderConfig(16, 1, 2, 4),
          4,
          Objective.paper());

  private static double step(Trainee trainee, Graph loss, int number) {
    Random random = new Random(number);
    List<Mask> masks =
        random
            .longs(BATCH)
            .mapToObj(id -> new RandomMask(VIT.numPatches(), 4).sample(1, 0, id))
            .toList();
    Map<String, Dense> inputs =
        Map.of(
            "images", Dense.filled(i -> random.nextInt(256), BATCH, 16, 16, 3),
            "ids_keep", Dense.filled(i -> masks.get(i[0]).idKeep(i[1]), BATCH, 4),
            "ids_restore", Dense.filled(i -> masks.get(i[0]).idRestore(i[1]), BATCH, 16),
            "mask", Dense.filled(i -> masks.get(i[0]).removed(i[1]) ? 1 : 0, BATCH, 16),
            "ids_remove", RemovedIds.of(masks));
    try (NDManager manager = trainee.newManager()) {
      double value = trainee.accumulate("loss", TorchRun.arguments(manager, loss, inputs));
      trainee.step(1e-3);
      return value;
    }
  }

  /** What runs in a JVM of its own: prints arrays and resident bytes at each hundred steps. */
  static final class Run {
    private Run() {}

    /** Trains. */
    public static void main(String[] none) {
      Graph loss = NETWORK.lossFunction();
      Program program = Program.of(loss);
      try (Trainee trainee =
          new Trainee(program, Weights.initial(program, 5), AdamW.pretraining(), Device.cpu())) {
        for (int i = 1; i <= STEPS; i++) {
          if (!Double.isFinite(step(trainee, loss, i))) {
            throw new IllegalStateException("the loss of step " + i + " is not finite");
          }
          if (i % EVERY == 0) {
            System.out.println(MARK + trainee.managedArrays() + " " + ResidentMemory.bytes());
          }
        }
      }
    }
  }

  @Test
  void arraysAndResidentMemoryStayFlatOverAThousandSteps() throws Exception {
    List<long[]> marks =
        ForkedJava.run(Run.class).stream()
            .filter(line -> line.startsWith(MARK))
            .map(line -> Arrays.stream(line.substring(MARK.length()).split(" ", 2)))
            .map(numbers -> numbers.mapToLong(Long::parseLong).toArray())
            .toList();
    assertEquals(STEPS / EVERY, marks.size());
    long[] first = marks.get(0);
    long[] last = marks.get(marks.size() - 1);
    assertEquals(first[0], last[0], "arrays that DJL manages");
    long growth = last[1] - first[1];
    assertTrue(growth < MAX_GROWTH, "resident memory grew by " + growth + " bytes");
    long late = last[1] - marks.get(marks.size() / 2 - 1)[1];
    assertTrue(late < MAX_LATE_GROWTH, "resident memory grew late by " + late + " bytes");
  }
}
