package ai.lacuna.export;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Value;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.nio.ByteBuffer;
import java.util.Arrays;
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
    TorchModule module =
        TorchModule.load(
            Program.of(network.forward()), Weights.source(weights), Device.cpu(), false);
    Preprocessing p = djl.preprocessing();
    return new Reference() {
      @Override
      public float[][] logits(List<Pixels> images) {
        ByteBuffer bytes =
            ByteBuffer.allocateDirect(images.size() * p.height() * p.width() * p.channels());
        images.forEach(image -> bytes.put(p.apply(image).data()));
        Shape shape = new Shape(images.size(), p.height(), p.width(), p.channels());
        try (NDManager manager = module.newManager();
            NDList results =
                module.run("forward", manager.create(bytes.flip(), shape, DataType.UINT8))) {
          float[] values = results.get(0).toFloatArray();
          int classes = labels.size();
          float[][] rows = new float[images.size()][];
          for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(values, i * classes, (i + 1) * classes);
          }
          return rows;
        }
      }

      @Override
      public void close() {
        module.close();
      }
    };
  }
}
