package ai.lacuna.vit;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Images to patches, in the graph.
 *
 * <pre>
 *   images   uint8 [batch, gh·p, gw·p, C]
 *   patches        [batch, gh·gw, p·p·C], patches row by row, pixels ordered (row, column, channel)
 * </pre>
 */
final class Patches {
  private static final double MAX_BYTE = 255;

  private Patches() {}

  /** (x / 255 − mean) / std, computed as one multiplication and one addition per element. */
  static Value normalize(GraphBuilder g, Value images, Normalization normalization) {
    List<Double> scale = new ArrayList<>();
    List<Double> shift = new ArrayList<>();
    for (int c = 0; c < normalization.mean().size(); c++) {
      double std = normalization.std().get(c);
      scale.add(1 / (MAX_BYTE * std));
      shift.add(-normalization.mean().get(c) / std);
    }
    Value x = g.cast(images, DType.FLOAT32);
    return g.add(g.mul(x, perChannel(g, scale)), perChannel(g, shift));
  }

  /** The inverse of {@link #normalize}, of pixels [..., C], in float32. */
  static Value denormalize(GraphBuilder g, Value pixels, Normalization normalization) {
    List<Double> scale = new ArrayList<>();
    List<Double> shift = new ArrayList<>();
    for (int c = 0; c < normalization.mean().size(); c++) {
      scale.add(MAX_BYTE * normalization.std().get(c));
      shift.add(MAX_BYTE * normalization.mean().get(c));
    }
    return g.add(g.mul(pixels, perChannel(g, scale)), perChannel(g, shift));
  }

  private static Value perChannel(GraphBuilder g, List<Double> values) {
    boolean equal = Collections.frequency(values, values.get(0)) == values.size();
    return equal ? g.scalar(values.get(0)) : g.constant(values, Shape.of(values.size()));
  }

  /** Cuts images [batch, H, W, C] into patches [batch, N, p·p·C]. */
  static Value patchify(GraphBuilder g, Value images, VitConfig config) {
    int p = config.patchSize();
    int gh = config.gridHeight();
    int gw = config.gridWidth();
    Value cut = g.reshape(images, -1, gh, p, gw, p, config.channels());
    Value ordered = g.transpose(cut, 0, 1, 3, 2, 4, 5);
    return g.reshape(ordered, -1, config.numPatches(), config.patchDim());
  }

  /** Puts patches [batch, N, p·p·C] together: [batch, C, H, W]. */
  static Value unpatchify(GraphBuilder g, Value patches, VitConfig config) {
    int p = config.patchSize();
    int gh = config.gridHeight();
    int gw = config.gridWidth();
    Value cut = g.reshape(patches, -1, gh, gw, p, p, config.channels());
    Value ordered = g.transpose(cut, 0, 5, 1, 3, 2, 4);
    return g.reshape(ordered, -1, config.channels(), config.imageHeight(), config.imageWidth());
  }

  /**
   * Pixels [batch, C, H, W] that one normalisation made, as another would have: [batch, H, W, C].
   */
  static Value renormalize(GraphBuilder g, Value pixels, Normalization from, Normalization to) {
    List<Double> scale = new ArrayList<>();
    List<Double> shift = new ArrayList<>();
    for (int c = 0; c < to.mean().size(); c++) {
      scale.add(from.std().get(c) / to.std().get(c));
      shift.add((from.mean().get(c) - to.mean().get(c)) / to.std().get(c));
    }
    Value x = g.transpose(pixels, 0, 2, 3, 1);
    return from.equals(to) ? x : g.add(g.mul(x, perChannel(g, scale)), perChannel(g, shift));
  }
}
