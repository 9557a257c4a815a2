package ai.lacuna.oracle;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Precision;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Value;
import ai.lacuna.graph.torchscript.TensorSource;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Computes a graph by its TorchScript lowering, with the arguments of {@link NaiveInterpreter}. */
public final class TorchRun {
  private TorchRun() {}

  /**
   * Runs a graph on the CPU.
   *
   * @param graph the function
   * @param inputs its inputs by name
   * @param parameters values of its parameters
   * @return its outputs by name
   */
  public static Map<String, Dense> run(
      Graph graph, Map<String, Dense> inputs, TensorSource parameters) {
    return run(TorchModule.load(Program.of(graph), parameters, Device.cpu(), false), graph, inputs);
  }

  /**
   * Runs a graph on the CPU with matrix products in another precision.
   *
   * @param precision that of the lowering
   * @param graph the function
   * @param inputs its inputs by name
   * @param parameters values of its parameters
   * @return its outputs by name
   */
  public static Map<String, Dense> run(
      Precision precision, Graph graph, Map<String, Dense> inputs, TensorSource parameters) {
    Program program = Program.of(graph);
    return run(
        TorchModule.loadTrainable(program, parameters, Device.cpu(), precision, false),
        graph,
        inputs);
  }

  private static Map<String, Dense> run(
      TorchModule loaded, Graph graph, Map<String, Dense> inputs) {
    try (TorchModule module = loaded;
        NDManager manager = module.newManager();
        NDList results = module.run(graph.name(), arguments(manager, graph, inputs))) {
      Map<String, Dense> outputs = new LinkedHashMap<>();
      int next = 0;
      for (String name : graph.outputs().keySet()) {
        NDArray result = results.get(next++);
        int[] shape =
            Arrays.stream(result.getShape().getShape()).mapToInt(Math::toIntExact).toArray();
        outputs.put(name, Dense.of(result.toFloatArray(), shape));
      }
      return outputs;
    }
  }

  /** The inputs of a function as arrays of a manager, in the function's order. */
  public static NDArray[] arguments(NDManager manager, Graph graph, Map<String, Dense> inputs) {
    return graph.inputs().stream()
        .map(input -> array(manager, input.dtype(), NaiveInterpreter.require(inputs, name(input))))
        .toArray(NDArray[]::new);
  }

  private static String name(Value input) {
    if (input.op() instanceof Op.Input op) {
      return op.name();
    }
    throw new IllegalArgumentException("expected an input, found " + input);
  }

  private static NDArray array(NDManager manager, DType type, Dense dense) {
    Shape shape = new Shape(Arrays.stream(dense.shape()).asLongStream().toArray());
    double[] values = dense.values();
    return switch (type) {
      case FLOAT32 -> manager.create(dense.toFloats(), shape);
      case INT64 -> manager.create(Arrays.stream(values).mapToLong(v -> (long) v).toArray(), shape);
      case UINT8 -> {
        ByteBuffer bytes = ByteBuffer.allocate(values.length);
        for (double value : values) {
          bytes.put((byte) (int) value);
        }
        yield manager.create(bytes.flip(), shape, DataType.UINT8);
      }
    };
  }
}
