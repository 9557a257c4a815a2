package ai.lacuna.vit;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.Collections;
import java.util.List;

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

  /** float32 [batch, N]: 1 = removed, 0 = kept, or padding that the loss does not count. */
  Value removed(GraphBuilder g) {
    return g.input("mask", DType.FLOAT32, Shape.batch(patches));
  }

  /** float32 [batch, N − K]: of the removed patches, in the order of {@code ids_remove}. */
  Value counted(GraphBuilder g) {
    Value column = g.reshape(removed(g), -1, patches, 1);
    return g.reshape(g.gatherRows(column, idsRemove(g)), -1, removals());
  }

  /** Declares all of them, in the order of a function's arguments. */
  void declare(GraphBuilder g) {
    idsKeep(g);
    idsRestore(g);
    removed(g);
    idsRemove(g);
  }

  /**
   * Rows of the removed patches in their places among all, with zeros for the visible ones.
   *
   * @param rows [batch, N − K, width], in the order of {@code ids_remove}
   * @return [batch, N, width], patches row by row
   */
  Value placed(GraphBuilder g, Value rows) {
    return g.gatherRows(g.concat(1, List.of(zeros(g, rows), rows)), idsRestore(g));
  }

  /** Zeros [batch, K, width of like], from two short constants. */
  private Value zeros(GraphBuilder g, Value like) {
    int width = Math.toIntExact(like.shape().dim(2));
    Value column = g.constant(Collections.nCopies(keep, 0.0), Shape.of(1, keep, 1));
    Value row = g.constant(Collections.nCopies(width, 0.0), Shape.of(1, 1, width));
    return g.expandBatch(g.add(column, row), like);
  }

  /** int64 [batch, N − K]: removed patches, in the order that {@link #idsRestore} means. */
  Value idsRemove(GraphBuilder g) {
    return g.input("ids_remove", DType.INT64, Shape.batch(removals()));
  }
}
