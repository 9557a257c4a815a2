package ai.lacuna.masking;

import java.util.Objects;

/**
 * The mask of one image.
 *
 * <p>With {@code order} a permutation of the N patches whose first K are kept:
 *
 * <pre>
 *   idsKeep    = order[0 … K)
 *   idsRestore = order⁻¹           the place of each patch in (kept, removed)
 *   removed(i) = idsRestore[i] ≥ K
 * </pre>
 */
public final class Mask {
  private final int[] order;
  private final int[] idsRestore;
  private final int keep;

  private Mask(int[] order, int keep) {
    this.order = order;
    this.keep = keep;
    this.idsRestore = new int[order.length];
    for (int place = 0; place < order.length; place++) {
      idsRestore[order[place]] = place;
    }
  }

  /**
   * A mask from an order of the patches.
   *
   * @param order a permutation of 0 … N−1; copied
   * @param keep how many of the first are kept, 1 to N
   * @throws IllegalArgumentException if the order is no permutation or keep is out of range
   */
  public static Mask of(int[] order, int keep) {
    boolean[] seen = new boolean[order.length];
    for (int patch : order) {
      if (patch < 0 || patch >= order.length || seen[patch]) {
        throw new IllegalArgumentException(
            "mask order: expected a permutation of 0 to " + (order.length - 1));
      }
      seen[patch] = true;
    }
    if (keep < 1 || keep > order.length) {
      throw new IllegalArgumentException(
          "mask keep: expected 1 to " + order.length + ", found " + keep);
    }
    return new Mask(order.clone(), keep);
  }

  /**
   * A mask from the set of removed patches; kept ones stay in the order of the image.
   *
   * @param removed for each patch whether it is removed; copied
   * @throws IllegalArgumentException if no patch is kept
   */
  public static Mask removing(boolean[] removed) {
    int[] order = new int[removed.length];
    int keep = 0;
    for (int patch = 0; patch < removed.length; patch++) {
      if (!removed[patch]) {
        order[keep++] = patch;
      }
    }
    int place = keep;
    for (int patch = 0; patch < removed.length; patch++) {
      if (removed[patch]) {
        order[place++] = patch;
      }
    }
    return of(order, keep);
  }

  /** N, the number of patches. */
  public int size() {
    return order.length;
  }

  /** K, the number of patches kept. */
  public int keep() {
    return keep;
  }

  /** The patch at a place of the encoder's input, {@code 0 ≤ place < keep}. */
  public int idKeep(int place) {
    return order[Objects.checkIndex(place, keep)];
  }

  /** The place of a patch in (kept, removed). */
  public int idRestore(int patch) {
    return idsRestore[patch];
  }

  /** True when the patch is removed. */
  public boolean removed(int patch) {
    return idsRestore[patch] >= keep;
  }
}
