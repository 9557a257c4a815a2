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

/** What makes a bundle predict: a head on the encoder's features, or a fine-tuned network. */
sealed interface ExportedHead permits ClassifierHead, FineTunedNetwork {
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

  /** Probabilities of logits; values have none. */
  Value probabilities(GraphBuilder g, Value logits);

  /** What the output of {@link #logits} is called. */
  default String output() {
    return isOfValues() ? "values" : "logits";
  }

  /** The TorchScript archive in a bundle. */
  default String archive() {
    return isOfValues() ? Manifest.REGRESSOR_PT : Manifest.CLASSIFIER_PT;
  }

  /** The ONNX model in a bundle. */
  default String onnx() {
    return isOfValues() ? Manifest.REGRESSOR_ONNX : Manifest.CLASSIFIER_ONNX;
  }

  /** Whether it predicts values. */
  default boolean isOfValues() {
    return target() == Manifest.Target.VALUES;
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
