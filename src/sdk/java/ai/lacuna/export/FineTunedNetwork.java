package ai.lacuna.export;

import ai.lacuna.encoder.Encoder;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;
import ai.lacuna.serving.Manifest;
import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.util.List;

/**
 * A fine-tuned network with its head.
 *
 * @param labels names of classes, labels or values in order of their index
 * @param network encoder and head
 * @param weights all parameters
 */
record FineTunedNetwork(List<String> labels, ImageClassifier network, NamedTensors weights)
    implements ExportedHead {

  /**
   * @throws ExportException if there are more or fewer names than outputs
   */
  FineTunedNetwork {
    labels = List.copyOf(labels);
    if (labels.size() != network.head().outputs()) {
      throw new ExportException(
          "head: expected " + network.head().outputs() + " labels, found " + labels.size());
    }
  }

  @Override
  public Manifest.Target target() {
    return switch (network.head().target()) {
      case CLASSES -> Manifest.Target.CLASSES;
      case LABELS -> Manifest.Target.LABELS;
      case VALUES -> Manifest.Target.VALUES;
    };
  }

  @Override
  public void requireFits(VitConfig config) {
    if (!config.equals(network.encoder().config())) {
      throw new ExportException(
          "fine-tuned network: expected the architecture " + config + ", found another one");
    }
  }

  @Override
  public Value logits(GraphBuilder g, VisionTransformer encoder) {
    return network.logits(g, network.embedding(g, encoder.images(g)));
  }

  @Override
  public Value probabilities(GraphBuilder g, Value logits) {
    return network.answers(g, logits);
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
