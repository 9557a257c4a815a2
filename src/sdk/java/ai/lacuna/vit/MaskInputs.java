package ai.lacuna.vit;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;

/**
 * The inputs of a function that say which patches of each image are visible. Asking again for one
 * gives the same value.
 *
 * @param patches N, patches of an image
 * @param keep K, visible ones
 */
record MaskInputs(int patches, int keep) {
  /** N − K. */
  int removals() {
    return patches - keep;
  }

  /** int64 [batch, K]: patches to keep, in the encoder's order. */
  Value idsKeep(GraphBuilder g) {
    return g.input("ids_keep", DType.INT64, Shape.batch(keep));
  }

  /** int64 [batch, N]: for each patch its place in (kept, removed). */
  Value idsRestore(GraphBuilder g) {
    return g.input("ids_restore", DType.INT64, Shape.batch(patches));
  }

  /** float32 [batch, N]: 1 = removed, 0 = kept. */
  Value removed(GraphBuilder g) {
    return g.input("mask", DType.FLOAT32, Shape.batch(patches));
  }

  /** int64 [batch, N − K]: removed patches, in the order that {@link #idsRestore} means. */
  Value idsRemove(GraphBuilder g) {
    return g.input("ids_remove", DType.INT64, Shape.batch(removals()));
  }
}
