package ai.lacuna.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.masking.Mask;
import java.util.List;

/**
 * Masks of a batch as the network takes them.
 *
 * <pre>
 *   idsKeep     int64   [batch, K]
 *   idsRestore  int64   [batch, N]
 *   removed     float32 [batch, N], 1 = removed, but 0 where there is nothing but padding
 *   idsRemove   int64   [batch, N − K]
 * </pre>
 */
record MaskArrays(NDArray idsKeep, NDArray idsRestore, NDArray removed, NDArray idsRemove) {

  /** Which patches of which images of a batch have a part in the loss, if they are removed. */
  interface Counting {
    boolean counts(int image, int patch);
  }

  /** All masks of one size; arrays belong to the manager. */
  static MaskArrays of(NDManager manager, List<Mask> masks, Counting counting) {
    int batch = masks.size();
    int n = masks.get(0).size();
    int keep = masks.get(0).keep();
    long[] idsKeep = new long[batch * keep];
    long[] idsRestore = new long[batch * n];
    float[] removed = new float[batch * n];
    long[] idsRemove = new long[batch * (n - keep)];
    for (int b = 0; b < batch; b++) {
      Mask mask = masks.get(b);
      for (int place = 0; place < keep; place++) {
        idsKeep[b * keep + place] = mask.idKeep(place);
      }
      for (int patch = 0; patch < n; patch++) {
        idsRestore[b * n + patch] = mask.idRestore(patch);
        removed[b * n + patch] = mask.removed(patch) && counting.counts(b, patch) ? 1 : 0;
        if (mask.removed(patch)) {
          idsRemove[b * (n - keep) + mask.idRestore(patch) - keep] = patch;
        }
      }
    }
    return new MaskArrays(
        manager.create(idsKeep, new Shape(batch, keep)),
        manager.create(idsRestore, new Shape(batch, n)),
        manager.create(removed, new Shape(batch, n)),
        manager.create(idsRemove, new Shape(batch, n - keep)));
  }

  /** The arguments of a function of the network, in its order. */
  NDArray[] arguments(NDArray images) {
    return new NDArray[] {images, idsKeep, idsRestore, removed, idsRemove};
  }
}
