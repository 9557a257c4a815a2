package ai.lacuna.export;

import ai.lacuna.encoder.Encoder;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;
import ai.lacuna.serving.Pixels;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.util.List;

/** What makes a bundle classify: a head on the encoder's features, or a fine-tuned network. */
sealed interface ExportedClassifier permits ClassifierHead, FineTunedNetwork {
  /** Class names in order of their index. */
  List<String> labels();

  /**
   * Says whether it goes with an encoder.
   *
   * @throws ExportException if it does not
   */
  void requireFits(VitConfig config);

  /** Adds the network to a function; images are its input. */
  Value logits(GraphBuilder g, VisionTransformer encoder);

  /** Probabilities of logits. */
  Value probabilities(GraphBuilder g, Value logits);

  /** The tensors of the network that {@link #logits} adds. */
  NamedTensors with(NamedTensors encoder);

  /** Opens what DJL makes of images; the caller closes it. */
  Reference reference(Encoder djl);

  /** The logits that are taken as right. Owns native memory. */
  interface Reference extends AutoCloseable {
    /** [images][classes]. */
    float[][] logits(List<Pixels> images);

    @Override
    void close();
  }
}
