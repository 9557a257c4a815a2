package ai.lacuna.export;

import ai.lacuna.encoder.Encoder;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pixels;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.util.List;

/** What makes a bundle predict: a head on the encoder's features, or a whole network with one. */
sealed interface ExportedHead permits ClassifierHead, FineTunedNetwork, SegmentedNetwork {
  /** What it predicts. */
  Manifest.Target target();

  /** Names of classes, labels or values in order of their index. */
  List<String> labels();

  /**
   * Says whether it goes with an encoder.
   *
   * @throws ExportException if it does not
   */
  void requireFits(VitConfig config);

  /** Adds the network to a function; images are its input. The output is logits, or values. */
  Value logits(GraphBuilder g, VisionTransformer encoder);

  /** Probabilities of logits; those of values and pixels are no output of a bundle. */
  Value probabilities(GraphBuilder g, Value logits);

  /** What the output of {@link #logits} is called. */
  default String output() {
    return isOfValues() ? "values" : "logits";
  }

  /** The TorchScript archive in a bundle. */
  default String archive() {
    return switch (target()) {
      case CLASSES, LABELS -> Manifest.CLASSIFIER_PT;
      case VALUES -> Manifest.REGRESSOR_PT;
      case PIXELS -> Manifest.SEGMENTER_PT;
    };
  }

  /** The ONNX model in a bundle. */
  default String onnx() {
    return switch (target()) {
      case CLASSES, LABELS -> Manifest.CLASSIFIER_ONNX;
      case VALUES -> Manifest.REGRESSOR_ONNX;
      case PIXELS -> Manifest.SEGMENTER_ONNX;
    };
  }

  /** Whether it predicts values. */
  default boolean isOfValues() {
    return target() == Manifest.Target.VALUES;
  }

  /** Whether it gives each pixel a class. */
  default boolean isOfPixels() {
    return target() == Manifest.Target.PIXELS;
  }

  /** How many images may go through it at once. */
  default int atOnce() {
    return Integer.MAX_VALUE;
  }

  /** The dimensions of its output for one image. */
  default List<Long> outputShape() {
    return List.of((long) labels().size());
  }

  /** The tensors of the network that {@link #logits} adds. */
  NamedTensors with(NamedTensors encoder);

  /** Opens what DJL makes of images; the caller closes it. */
  Reference reference(Encoder djl);

  /** The logits or values that are taken as right. Owns native memory. */
  interface Reference extends AutoCloseable {
    /** [images][outputs]. */
    float[][] logits(List<Pixels> images);

    @Override
    void close();
  }
}
