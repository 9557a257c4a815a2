package ai.lacuna.vit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.oracle.Fixture;
import ai.lacuna.vit.VitConfig.Positions;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PositionEmbeddingsTest {
  /** The fixture was computed in float64 and rounded to float32; so is the result. */
  private static final float ROUNDING = 1e-6f;

  private static final Fixture FIXTURE = Fixture.read("vit/resampled_positions");
  private static final VitConfig FROM = new VitConfig(12, 8, 3, 4, 16, 1, 2, 4, Positions.LEARNED);
  private static final VitConfig TO = FROM.withImage(20, 16, 3);

  @ParameterizedTest
  @ValueSource(strings = {"3x2-5x4", "7x7-14x14", "14x14-7x9", "4x6-4x3", "1x5-2x8", "6x6-1x1"})
  void equalsTorchsBicubicInterpolation(String grids) {
    String[] sides = grids.split("[x-]", -1);
    float[] table = FIXTURE.tensors().require(grids + ".from").toFloats();
    float[] resampled =
        PositionEmbeddings.resample(
            table, number(sides[0]), number(sides[1]), number(sides[2]), number(sides[3]));
    assertArrayEquals(FIXTURE.tensors().require(grids + ".to").toFloats(), resampled, ROUNDING);
  }

  @Test
  void copiesATableOfTheSameGrid() {
    float[] table = FIXTURE.tensors().require("3x2-5x4.from").toFloats();
    assertArrayEquals(table, PositionEmbeddings.resample(table, 3, 2, 3, 2));
  }

  @Test
  void resamplesLearnedTablesAndSharesTheRest() {
    float[] table = new float[7 * 16];
    for (int i = 0; i < table.length; i++) {
      table[i] = (float) Math.sin(i * 0.7);
    }
    NamedTensors weights =
        NamedTensors.builder()
            .add("cls_token", Tensor.of(new float[16], 1, 1, 16))
            .add("pos_embed", Tensor.of(table, 1, 7, 16))
            .build();
    NamedTensors fitting = PositionEmbeddings.resample(weights, FROM, TO);
    assertSame(weights.require("cls_token"), fitting.require("cls_token"));
    assertArrayEquals(new long[] {1, 21, 16}, fitting.require("pos_embed").shape());
    assertArrayEquals(
        PositionEmbeddings.resample(table, 3, 2, 5, 4), fitting.require("pos_embed").toFloats());
  }

  @Test
  void computesFixedTablesAnew() {
    NamedTensors weights =
        NamedTensors.builder()
            .add("pos_embed", Tensor.of(SinCosPositions.table(3, 2, 16), 1, 7, 16))
            .add("decoder_pos_embed", Tensor.of(SinCosPositions.table(3, 2, 8), 1, 7, 8))
            .build();
    NamedTensors fitting = PositionEmbeddings.resample(weights, FROM, TO);
    assertArrayEquals(SinCosPositions.table(5, 4, 16), fitting.require("pos_embed").toFloats());
    assertArrayEquals(
        SinCosPositions.table(5, 4, 8), fitting.require("decoder_pos_embed").toFloats());
  }

  @Test
  void refusesTablesOfAnotherGrid() {
    NamedTensors weights =
        NamedTensors.builder().add("pos_embed", Tensor.of(new float[5 * 16], 1, 5, 16)).build();
    WeightsException e =
        assertThrows(WeightsException.class, () -> PositionEmbeddings.resample(weights, FROM, TO));
    assertTrue(e.toString().contains("grid of 3 x 2, found [1, 5, 16]"), e.toString());
    assertThrows(
        IllegalArgumentException.class,
        () -> PositionEmbeddings.resample(weights, FROM, FROM.withImage(20, 16, 1)));
    assertThrows(
        IllegalArgumentException.class,
        () -> PositionEmbeddings.resample(new float[10], 3, 2, 5, 4));
    assertEquals(0, PositionEmbeddings.resample(new float[] {0, 1}, 1, 1, 1, 2)[0]);
  }

  private static int number(String text) {
    return Integer.parseInt(text);
  }
}
