package ai.lacuna.oracle;

import ai.lacuna.masking.Mask;
import java.util.List;

/** The input {@code ids_remove}, made of the other inputs of a masked autoencoder. */
public final class RemovedIds {
  private RemovedIds() {}

  /**
   * The removed patches of masks that keep as many.
   *
   * @return [batch, N − K]
   */
  public static Dense of(List<Mask> masks) {
    int n = masks.get(0).size();
    return of(
        Dense.filled(i -> masks.get(i[0]).idRestore(i[1]), masks.size(), n), masks.get(0).keep());
  }

  /**
   * The removed patches, by what restores their order.
   *
   * @param idsRestore [batch, N]
   * @param keep K
   * @return [batch, N − K]
   */
  public static Dense of(Dense idsRestore, int keep) {
    int n = idsRestore.dim(1);
    return Dense.filled(i -> find(idsRestore, i[0], keep + i[1]), idsRestore.dim(0), n - keep);
  }

  private static int find(Dense idsRestore, int row, int place) {
    for (int patch = 0; patch < idsRestore.dim(1); patch++) {
      if (idsRestore.get(row, patch) == place) {
        return patch;
      }
    }
    throw new IllegalArgumentException("ids_restore: expected a patch at place " + place);
  }
}
