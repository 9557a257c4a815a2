package ai.lacuna.vit;

import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.util.Arrays;

/**
 * Position embeddings for another grid of patches than the one that a network was trained on.
 *
 * <p>Nothing in Lacuna resamples silently: weights that do not fit are refused, and a caller who
 * wants another image size says so.
 *
 * <pre>{@code
 * VitConfig large = config.withImage(56, 56, config.channels());
 * NamedTensors fitting = PositionEmbeddings.resample(weights, config, large);
 * }</pre>
 */
public final class PositionEmbeddings {
  private static final String ENCODER = "pos_embed";
  private static final String DECODER = "decoder_pos_embed";

  /** Keys' cubic convolution with a = −0.75, PyTorch's choice. */
  private static final double A = -0.75;

  private static final int TAPS = 4;

  /** Tables that differ less are fixed sine-cosine ones; float32 and another library's sine. */
  private static final double SAME = 1e-4;

  private PositionEmbeddings() {}

  /**
   * Resamples a table as MAE's {@code interpolate_pos_embed} does: bicubic, corners not aligned, no
   * antialiasing, the class token's row unchanged. (timm 1.0 antialiases; its numbers differ when
   * the grid shrinks.)
   *
   * @param table [1 + fromHeight · fromWidth, dim], row 0 is the class token's
   * @param fromHeight patches from top to bottom of the table
   * @param fromWidth patches from left to right of the table
   * @param toHeight patches from top to bottom of the result, at least 1
   * @param toWidth patches from left to right of the result, at least 1
   * @return [1 + toHeight · toWidth, dim], a new array
   * @throws IllegalArgumentException if the table is not of that size
   */
  public static float[] resample(
      float[] table, int fromHeight, int fromWidth, int toHeight, int toWidth) {
    int rows = 1 + fromHeight * fromWidth;
    if (table.length == 0 || table.length % rows != 0 || toHeight < 1 || toWidth < 1) {
      throw new IllegalArgumentException(
          "positions: expected a table of 1 + %s x %s rows and a new grid, found %s numbers, %s x %s"
              .formatted(fromHeight, fromWidth, table.length, toHeight, toWidth));
    }
    int dim = table.length / rows;
    if (fromHeight == toHeight && fromWidth == toWidth) {
      return table.clone();
    }
    Taps down = Taps.of(fromHeight, toHeight);
    Taps across = Taps.of(fromWidth, toWidth);
    float[] result = new float[(1 + toHeight * toWidth) * dim];
    System.arraycopy(table, 0, result, 0, dim);
    for (int y = 0; y < toHeight; y++) {
      for (int x = 0; x < toWidth; x++) {
        int to = (1 + y * toWidth + x) * dim;
        for (int d = 0; d < dim; d++) {
          double sum = 0;
          for (int i = 0; i < TAPS; i++) {
            int row = 1 + down.index(y, i) * fromWidth;
            double line = 0;
            for (int j = 0; j < TAPS; j++) {
              line += across.weight(x, j) * table[(row + across.index(x, j)) * dim + d];
            }
            sum += down.weight(y, i) * line;
          }
          result[to + d] = (float) sum;
        }
      }
    }
    return result;
  }

  /**
   * Fits the weights of an encoder, or of a whole autoencoder, to another image size.
   *
   * <p>Fixed sine-cosine tables are computed anew; learned ones, and fixed ones that were trained
   * on, are {@linkplain #resample(float[], int, int, int, int) resampled}. All else is shared.
   *
   * @param weights by the public MAE and timm names
   * @param from the architecture that they fit
   * @param to the same for another image size
   * @return weights that fit {@code to}
   * @throws IllegalArgumentException if the two differ in more than height and width
   * @throws WeightsException if a table is missing or not of {@code from}'s grid
   */
  public static NamedTensors resample(NamedTensors weights, VitConfig from, VitConfig to) {
    if (!from.withImage(to.imageHeight(), to.imageWidth(), from.channels()).equals(to)) {
      throw new IllegalArgumentException(
          "positions: expected architectures that differ in the image's size only, found "
              + from
              + " and "
              + to);
    }
    weights.require(ENCODER);
    NamedTensors.Builder fitting = NamedTensors.builder();
    for (NamedTensors.Entry entry : weights) {
      boolean table = entry.name().equals(ENCODER) || entry.name().equals(DECODER);
      fitting.add(entry.name(), table ? table(entry, from, to) : entry.tensor());
    }
    return fitting.build();
  }

  private static Tensor table(NamedTensors.Entry entry, VitConfig from, VitConfig to) {
    long[] shape = entry.tensor().shape();
    if (shape.length != 3 || shape[0] != 1 || shape[1] != 1L + from.numPatches()) {
      throw new WeightsException(
          "%s: expected [1, %s, dim] of a grid of %s x %s, found %s; give the architecture of the"
                  .formatted(
                      entry.name(),
                      1 + from.numPatches(),
                      from.gridHeight(),
                      from.gridWidth(),
                      Arrays.toString(shape))
              + " weights");
    }
    int dim = Math.toIntExact(shape[2]);
    float[] table = entry.tensor().toFloats();
    float[] fitted =
        isFixed(table, from, dim)
            ? SinCosPositions.table(to.gridHeight(), to.gridWidth(), dim)
            : resample(table, from.gridHeight(), from.gridWidth(), to.gridHeight(), to.gridWidth());
    return Tensor.of(fitted, 1, 1L + to.numPatches(), dim);
  }

  /**
   * Says whether a table is the fixed sine-cosine one of MAE, to float32 and another library's
   * sine.
   *
   * @param table [1 + N, dim], row 0 is the class token's
   * @param config whose grid it is for
   * @return whether it is
   */
  public static boolean isFixed(float[] table, VitConfig config) {
    int rows = 1 + config.numPatches();
    return table.length % rows == 0 && isFixed(table, config, table.length / rows);
  }

  private static boolean isFixed(float[] table, VitConfig config, int dim) {
    if (dim % 4 != 0) {
      return false;
    }
    float[] fixed = SinCosPositions.table(config.gridHeight(), config.gridWidth(), dim);
    for (int i = 0; i < table.length; i++) {
      if (!(Math.abs(table[i] - fixed[i]) <= SAME)) {
        return false;
      }
    }
    return true;
  }

  /** For each place of an axis of the result, four places of the source and their weights. */
  private record Taps(int size, double scale) {
    static Taps of(int from, int to) {
      return new Taps(from, (double) from / to);
    }

    private double source(int to) {
      return scale * (to + 0.5) - 0.5;
    }

    int index(int to, int tap) {
      int first = (int) Math.floor(source(to)) - 1;
      return Math.max(0, Math.min(size - 1, first + tap));
    }

    double weight(int to, int tap) {
      double source = source(to);
      double t = Math.abs(source - Math.floor(source) + 1 - tap);
      if (t <= 1) {
        return ((A + 2) * t - (A + 3)) * t * t + 1;
      }
      return t < 2 ? ((A * t - 5 * A) * t + 8 * A) * t - 4 * A : 0;
    }
  }
}
