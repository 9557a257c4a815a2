package ai.lacuna.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.graph.Program;
import ai.lacuna.oracle.ForkedJava;
import ai.lacuna.oracle.ResidentMemory;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailedTraineeTest {
  private static final String MARK = "grown ";

  /** Parameters of 8 MB: what fails is loaded 24 times, 192 MB if it stayed. */
  private static final VitConfig VIT =
      new VitConfig(16, 16, 3, 4, 192, 4, 4, 4, VitConfig.Positions.SIN_COS);

  private static final int TRIES = 24;
  private static final long MAX_GROWTH = 64L << 20;

  /** What runs in a JVM of its own: prints by how many bytes failures made it grow. */
  static final class Run {
    private Run() {}

    /** Opens networks whose loss has no end. */
    public static void main(String[] none) {
      Program program =
          new MaskedAutoencoder(
                  new VisionTransformer(
                      VIT, new Normalization(List.of(0.5, 0.5, 0.5), List.of(0.25, 0.25, 0.25))),
                  new DecoderConfig(32, 1, 2, 4),
                  4,
                  Objective.paper())
              .program();
      NamedTensors weights = Weights.initial(program, 5);
      fail(program, weights);
      long before = ResidentMemory.bytes();
      for (int i = 0; i < TRIES; i++) {
        fail(program, weights);
      }
      System.out.println(MARK + (ResidentMemory.bytes() - before));
    }

    private static void fail(Program program, NamedTensors weights) {
      LossTail.Factory tail =
          device -> {
            throw new IllegalStateException("no tail");
          };
      try {
        new Trainee(
                program,
                weights,
                AdamW.pretraining(),
                Numerics.plain(),
                List.of(Device.cpu()),
                tail)
            .close();
      } catch (IllegalStateException expected) {
        return;
      }
      throw new IllegalStateException("it did not fail");
    }
  }

  @Test
  void aNetworkWhoseLossCannotBeOpenedLeavesNoMemory() throws Exception {
    List<String> lines =
        ForkedJava.run(Run.class).stream().filter(line -> line.startsWith(MARK)).toList();
    assertEquals(1, lines.size());
    long grown = Long.parseLong(lines.get(0).substring(MARK.length()));
    assertTrue(grown < MAX_GROWTH, "resident memory grew by " + grown + " bytes");
  }
}
