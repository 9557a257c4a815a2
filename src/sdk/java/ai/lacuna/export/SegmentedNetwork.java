package ai.lacuna.export;

import ai.lacuna.encoder.Encoder;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;
import ai.lacuna.serving.Manifest;
import ai.lacuna.vit.ImageSegmenter;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.util.List;

/**
 * A network that gives each pixel a class.
 *
 * @param labels names of the classes in order of their index
 * @param network encoder and head
 * @param weights all parameters
 */
record SegmentedNetwork(List<String> labels, ImageSegmenter network, NamedTensors weights)
    implements ExportedHead {
  /** Logits that are compared at once, unless those of one image are more. */
  private static final long MOST_LOGITS = 16L << 20;

  /**
   * @throws ExportException if there are more or fewer names than classes
   */
  SegmentedNetwork {
    labels = List.copyOf(labels);
    if (labels.size() != network.head().classes()) {
      throw new ExportException(
          "segmenter: expected " + network.head().classes() + " labels, found " + labels.size());
    }
  }

  @Override
  public Manifest.Target target() {
    return Manifest.Target.PIXELS;
  }

  @Override
  public void requireFits(VitConfig config) {
    if (!config.equals(network.encoder().config())) {
      throw new ExportException(
          "segmenter: expected the architecture " + config + ", found another one");
    }
  }

  @Override
  public List<Long> outputShape() {
    VitConfig config = network.encoder().config();
    return List.of((long) labels.size(), (long) config.imageHeight(), (long) config.imageWidth());
  }

  @Override
  public int atOnce() {
    long each = outputShape().stream().reduce(1L, Math::multiplyExact);
    return (int) Math.max(1, MOST_LOGITS / each);
  }

  @Override
  public Value logits(GraphBuilder g, VisionTransformer encoder) {
    return network.logits(g, encoder.images(g));
  }

  @Override
  public Value probabilities(GraphBuilder g, Value logits) {
    throw new IllegalStateException("segmenter: expected no probabilities as an output");
  }

  @Override
  public NamedTensors with(NamedTensors encoder) {
    return weights;
  }

  @Override
  public Reference reference(Encoder djl) {
    return new NetworkReference(network.forward(), weights, djl.preprocessing());
  }
}
