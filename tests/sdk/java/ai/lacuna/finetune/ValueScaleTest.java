package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.DataException;
import ai.lacuna.data.Subset;
import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ValueScaleTest {
  private static final double EXACT = 1e-12;

  private static LabelledImages images(float[]... rows) {
    Map<Long, float[]> known = new HashMap<>();
    for (int i = 0; i < rows.length; i++) {
      known.put((long) i, rows[i]);
    }
    return new LabelledImages(new Bars(rows.length), Targets.values(List.of("a", "b"), known));
  }

  @Test
  void measuresTheTrainingImagesAlone() throws IOException {
    LabelledImages all =
        images(new float[] {1, 10}, new float[] {3, 30}, new float[] {99, 0}, new float[] {8, -40});
    LabelledImages train =
        new LabelledImages(Subset.of(all.images(), new int[] {0, 1, 3}, "three"), all.targets());
    ValueScale scale = ValueScale.of(train);
    assertEquals(4, scale.mean().get(0), EXACT);
    assertEquals(0, scale.mean().get(1), EXACT);
    assertEquals(Math.sqrt((9 + 1 + 16) / 3.0), scale.deviation().get(0), EXACT);
    assertEquals(Math.sqrt((100 + 900 + 1600) / 3.0), scale.deviation().get(1), EXACT);
    double sum = 0;
    double squares = 0;
    for (long id : new long[] {0, 1, 3}) {
      double value = scale.standardized(all.targets().of(id, -1))[1];
      sum += value;
      squares += value * value;
    }
    assertEquals(0, sum, 1e-6);
    assertEquals(3, squares, 1e-6);
  }

  @Test
  void bringsTheHeadToTheUnitsOfTheData() {
    ValueScale scale = new ValueScale(List.of(100.0, -2.0), List.of(20.0, 0.5));
    NamedTensors trained =
        NamedTensors.builder()
            .add("blocks.0.x", Tensor.of(new float[] {7, 8}, 2))
            .add(ImageClassifier.WEIGHT, Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3))
            .add(ImageClassifier.BIAS, Tensor.of(new float[] {0.5f, -1}, 2))
            .build();
    NamedTensors inUnits = scale.inUnits(trained);
    float[] read = {0.25f, -1, 2};
    for (int k = 0; k < 2; k++) {
      double learned = output(trained, k, read);
      double value = output(inUnits, k, read);
      assertEquals(learned * scale.deviation().get(k) + scale.mean().get(k), value, 1e-5);
    }
    assertArrayEquals(new float[] {7, 8}, inUnits.require("blocks.0.x").toFloats());
    assertSame(trained, ValueScale.none().inUnits(trained));
  }

  private static double output(NamedTensors weights, int k, float[] read) {
    float[] weight = weights.require(ImageClassifier.WEIGHT).toFloats();
    double sum = weights.require(ImageClassifier.BIAS).toFloats()[k];
    for (int i = 0; i < read.length; i++) {
      sum += (double) weight[3 * k + i] * read[i];
    }
    return sum;
  }

  /** Seconds since 1970: a network would give them in steps of 128. */
  @Test
  void refusesValuesThatFloat32CannotTellApart() throws IOException {
    float[][] minutes = new float[60][];
    float[][] days = new float[60][];
    for (int i = 0; i < 60; i++) {
      minutes[i] = new float[] {i, 1.6e9f + 10 * i};
      days[i] = new float[] {i, 1.6e9f + 3600 * i};
    }
    String message =
        String.valueOf(
            assertThrows(DataException.class, () -> ValueScale.of(images(minutes))).getMessage());
    assertTrue(
        message.matches(
            "bars: expected values of b that float32 tells apart, found a deviation of 1\\d\\d\\.\\d+;"
                + " subtract a number near 1\\.6\\d*E9 from all: of such ones float32 has steps of 128\\.0"),
        message);
    String same =
        String.valueOf(
            assertThrows(
                    DataException.class,
                    () -> ValueScale.of(images(new float[] {1, 1.6e9f}, new float[] {2, 1.6e9f})))
                .getMessage());
    assertTrue(
        same.endsWith(
            "; leave it out, or subtract a number near 1.6E9 from all: of such"
                + " ones float32 has steps of 128.0"),
        same);
    assertEquals(
        3600 * Math.sqrt((3600 - 1) / 12.0), ValueScale.of(images(days)).deviation().get(1), 50);
  }

  @Test
  void refusesAValueThatIsAlwaysTheSame() {
    DataException e =
        assertThrows(
            DataException.class,
            () -> ValueScale.of(images(new float[] {1, 5}, new float[] {2, 5})));
    assertEquals(
        "bars: expected values of b that differ, found 5.0 for every training image; leave it out",
        e.getMessage());
  }

  @Test
  void explainsNothingOfAValueThatIsTheSameForAllImages() {
    Tally tally = new Tally(Targets.values(List.of("a", "b"), Map.of()), ValueScale.none());
    // 0.1f is no sum of few powers of two: its squares less its squared mean are not quite 0.
    tally.add(new float[] {1, 0.1f}, new float[] {0, 0.1f});
    tally.add(new float[] {2, 0.1f}, new float[] {4, 0.1f});
    tally.add(new float[] {2, 0.1f}, new float[] {2, 0.1f});
    // 1 − (1 + 4 + 0) / 8 of the first, and the second is met.
    assertEquals((0.375 + 1) / 2, tally.scores().figure("r2"), EXACT);
    Tally missed = new Tally(Targets.values(List.of("a"), Map.of()), ValueScale.none());
    missed.add(new float[] {3}, new float[] {0.1f});
    assertEquals(0, missed.scores().figure("r2"), EXACT);
  }

  @Test
  void explainsWhatLiesFarFromZero() {
    Tally tally = new Tally(Targets.values(List.of("a"), Map.of()), ValueScale.none());
    for (int i = 0; i < 4; i++) {
      tally.add(new float[] {1.6e7f + i}, new float[] {1.6e7f + i + (i % 2)});
    }
    // Values 0, 2, 2, 4 above 1.6e7: a variance of 8; errors 0, 1, 0, 1.
    assertEquals(1 - 2 / 8.0, tally.scores().figure("r2"), EXACT);
  }
}
