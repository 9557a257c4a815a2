package ai.lacuna.export;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Value;
import ai.lacuna.graph.onnx.Numbers;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.weights.NamedTensors;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Ranges of what linear layers read, measured on real images, once for each network. */
final class Calibration {
  /** Every layer's input is an output: few images at once keep that small. */
  private static final int BATCH = 2;

  /**
   * Share of the values that may be clipped at each end. Rare large values would make the steps of
   * all others coarse.
   */
  private static final double CLIPPED = 1e-5;

  private final Preprocessing preprocessing;
  private final List<Pixels> images;
  private final Map<String, Map<String, Numbers.Range>> known = new HashMap<>();

  /**
   * @param preprocessing what brings images to the network's input
   * @param images the images
   */
  Calibration(Preprocessing preprocessing, List<Pixels> images) {
    this.preprocessing = preprocessing;
    this.images = images;
  }

  /** The range of each linear layer's input, by its weight's name. */
  Map<String, Numbers.Range> ranges(Graph graph, NamedTensors weights) {
    String network = weights.sha256() + graph.outputs().keySet();
    return known.computeIfAbsent(network, key -> measure(graph, weights));
  }

  private Map<String, Numbers.Range> measure(Graph graph, NamedTensors weights) {
    Map<String, Value> inputs = linearInputs(graph);
    List<Histogram> seen = inputs.keySet().stream().map(name -> new Histogram()).toList();
    Program probe = Program.of(graph.withOutputs(inputs));
    try (TorchModule module =
        TorchModule.load(probe, Weights.source(weights), Device.cpu(), false)) {
      for (int start = 0; start < images.size(); start += BATCH) {
        List<Pixels> batch = images.subList(start, Math.min(start + BATCH, images.size()));
        observe(module, graph.name(), batch, seen);
      }
    }
    Map<String, Numbers.Range> ranges = new LinkedHashMap<>();
    inputs.keySet().forEach(name -> ranges.put(name, seen.get(ranges.size()).range(CLIPPED)));
    return ranges;
  }

  /** What each linear layer on tokens reads, by the name of its weight. */
  private static Map<String, Value> linearInputs(Graph graph) {
    Map<String, Value> inputs = new LinkedHashMap<>();
    for (Value value : graph.values()) {
      if (value.op() instanceof Op.Linear && value.shape().rank() > 2) {
        Value weight = value.operands().get(1);
        while (!(weight.op() instanceof Op.Param)) {
          weight = weight.operands().get(0);
        }
        inputs.put(((Op.Param) weight.op()).parameter().name(), value.operands().get(0));
      }
    }
    return inputs;
  }

  private void observe(
      TorchModule module, String function, List<Pixels> batch, List<Histogram> seen) {
    int size = preprocessing.height() * preprocessing.width() * preprocessing.channels();
    ByteBuffer bytes = ByteBuffer.allocateDirect(batch.size() * size);
    batch.forEach(image -> bytes.put(preprocessing.apply(image).data()));
    Shape shape =
        new Shape(
            batch.size(), preprocessing.height(), preprocessing.width(), preprocessing.channels());
    try (NDManager manager = module.newManager();
        NDList results =
            module.run(function, manager.create(bytes.flip(), shape, DataType.UINT8))) {
      for (int i = 0; i < results.size(); i++) {
        seen.get(i).add(FloatBuffer.wrap(results.get(i).toFloatArray()));
      }
    }
  }
}
