package ai.lacuna.vit;

/**
 * Fixed two-dimensional sine-cosine position embeddings, as MAE makes them (arXiv 2111.06377,
 * appendix A.1): the first half of the width encodes the column, the second half the row; each half
 * is all sines, then all cosines, of position / 10000^(i / quarter). The class token's are 0.
 */
final class SinCosPositions {
  private static final double BASE = 10_000;

  private SinCosPositions() {}

  /**
   * Makes the table.
   *
   * @param gridHeight patches from top to bottom
   * @param gridWidth patches from left to right
   * @param embedDim width, a multiple of 4
   * @return [1 + gridHeight · gridWidth, embedDim], row-major; row 0 is the class token's
   */
  static float[] table(int gridHeight, int gridWidth, int embedDim) {
    int quarter = embedDim / 4;
    float[] table = new float[(1 + gridHeight * gridWidth) * embedDim];
    for (int row = 0; row < gridHeight; row++) {
      for (int column = 0; column < gridWidth; column++) {
        int offset = (1 + row * gridWidth + column) * embedDim;
        for (int i = 0; i < quarter; i++) {
          double frequency = 1 / Math.pow(BASE, (double) i / quarter);
          table[offset + i] = (float) Math.sin(column * frequency);
          table[offset + quarter + i] = (float) Math.cos(column * frequency);
          table[offset + 2 * quarter + i] = (float) Math.sin(row * frequency);
          table[offset + 3 * quarter + i] = (float) Math.cos(row * frequency);
        }
      }
    }
    return table;
  }
}
