package ai.lacuna.masking;

/**
 * The grid that patches cut an image into; patch {@code row · width + column}.
 *
 * @param height patches in a column, at least 1
 * @param width patches in a row, at least 1
 */
public record PatchGrid(int height, int width) {
  /**
   * @throws IllegalArgumentException if a side is less than 1
   */
  public PatchGrid {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "patch grid: expected sides of at least 1, found " + height + " x " + width);
    }
  }

  /** N, the number of patches. */
  public int size() {
    return height * width;
  }

  /** Refuses a count of visible patches that leaves nothing to see or nothing to predict. */
  void requireKeep(int keep) {
    if (keep < 1 || keep >= size()) {
      throw new IllegalArgumentException(
          "keep: expected 1 to " + (size() - 1) + " visible patches, found " + keep);
    }
  }

  /** Refuses a mask of another grid. */
  void requireSize(int size, String what) {
    if (size != size()) {
      throw new IllegalArgumentException(
          what
              + ": expected "
              + size()
              + " patches ("
              + height
              + " x "
              + width
              + "), found "
              + size);
    }
  }
}
