package ai.lacuna.masking;

import ai.lacuna.serving.Pixels;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What tests ask of masks and images. */
final class Masks {
  /** A small square grid, ViT's, flat and narrow ones. */
  static final List<PatchGrid> GRIDS =
      List.of(
          new PatchGrid(7, 7),
          new PatchGrid(14, 14),
          new PatchGrid(5, 12),
          new PatchGrid(16, 3),
          new PatchGrid(1, 20));

  private Masks() {}

  /** Noise with 2 × 2 pixels to a patch. */
  static Pixels noise(PatchGrid grid, long seed) {
    byte[] data = new byte[4 * grid.size()];
    new Random(seed).nextBytes(data);
    return Pixels.of(2 * grid.height(), 2 * grid.width(), 1, data);
  }

  static boolean[] removed(Mask mask) {
    boolean[] removed = new boolean[mask.size()];
    for (int patch = 0; patch < removed.length; patch++) {
      removed[patch] = mask.removed(patch);
    }
    return removed;
  }

  static boolean[] kept(Mask mask) {
    boolean[] kept = removed(mask);
    for (int patch = 0; patch < kept.length; patch++) {
      kept[patch] = !kept[patch];
    }
    return kept;
  }

  static int count(boolean[] patches) {
    int count = 0;
    for (boolean patch : patches) {
      count += patch ? 1 : 0;
    }
    return count;
  }

  /** Sizes of the regions that neighbours (up, down, left, right) connect. */
  static List<Integer> regions(boolean[] patches, PatchGrid grid) {
    boolean[] seen = new boolean[patches.length];
    List<Integer> sizes = new ArrayList<>();
    for (int patch = 0; patch < patches.length; patch++) {
      int size = flood(patches, seen, grid, patch / grid.width(), patch % grid.width());
      if (size > 0) {
        sizes.add(size);
      }
    }
    return sizes;
  }

  private static int flood(boolean[] patches, boolean[] seen, PatchGrid grid, int row, int column) {
    if (row < 0 || column < 0 || row >= grid.height() || column >= grid.width()) {
      return 0;
    }
    int patch = row * grid.width() + column;
    if (!patches[patch] || seen[patch]) {
      return 0;
    }
    seen[patch] = true;
    return 1
        + flood(patches, seen, grid, row - 1, column)
        + flood(patches, seen, grid, row + 1, column)
        + flood(patches, seen, grid, row, column - 1)
        + flood(patches, seen, grid, row, column + 1);
  }

  /** Height and width of the smallest rectangle around the patches. */
  static int[] bounds(boolean[] patches, PatchGrid grid) {
    int[] rows = {grid.height(), -1};
    int[] columns = {grid.width(), -1};
    for (int patch = 0; patch < patches.length; patch++) {
      if (patches[patch]) {
        rows[0] = Math.min(rows[0], patch / grid.width());
        rows[1] = Math.max(rows[1], patch / grid.width());
        columns[0] = Math.min(columns[0], patch % grid.width());
        columns[1] = Math.max(columns[1], patch % grid.width());
      }
    }
    return new int[] {rows[1] - rows[0] + 1, columns[1] - columns[0] + 1};
  }
}
