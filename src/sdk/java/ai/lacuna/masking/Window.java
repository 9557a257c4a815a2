package ai.lacuna.masking;

import ai.lacuna.random.CounterRandom;

/**
 * A rectangle of patches, and the corner that filling it begins at.
 *
 * @param down whether its rows are filled from the top
 * @param right whether each row is filled from the left
 */
record Window(int top, int left, int height, int width, boolean down, boolean right) {
  /**
   * Height over width is log-uniform from 0.3 to 1 / 0.3, BEiT's (arXiv 2106.08254, section 2.3).
   */
  private static final double MIN_ASPECT = 0.3;

  /**
   * A window of random shape, place and corner.
   *
   * @param area patches that it holds at least, 1 to N; all rows but one are needed for them
   */
  static Window draw(CounterRandom random, PatchGrid grid, int area) {
    double low = Math.log(MIN_ASPECT);
    double aspect = Math.exp(low - 2 * low * random.nextDouble());
    int rows = (int) Math.round(Math.sqrt(area * aspect));
    rows = Math.max(1, Math.min(grid.height(), rows));
    int width = Math.min(grid.width(), ceilDiv(area, rows));
    int height = ceilDiv(area, width);
    return new Window(
        random.nextInt(grid.height() - height + 1),
        random.nextInt(grid.width() - width + 1),
        height,
        width,
        random.nextBoolean(),
        random.nextBoolean());
  }

  /**
   * Sets the patches of this window, row by row, until enough are new.
   *
   * @param most how many may be new
   * @return how many are
   */
  int fill(boolean[] patches, PatchGrid grid, int most) {
    int fresh = 0;
    for (int i = 0; i < height * width && fresh < most; i++) {
      int row = down ? i / width : height - 1 - i / width;
      int column = right ? i % width : width - 1 - i % width;
      int patch = (top + row) * grid.width() + left + column;
      fresh += patches[patch] ? 0 : 1;
      patches[patch] = true;
    }
    return fresh;
  }

  private static int ceilDiv(int a, int b) {
    return (a + b - 1) / b;
  }
}
