package ai.lacuna.graph.onnx;

import static ai.lacuna.graph.onnx.OnnxNodes.attribute;

import ai.lacuna.graph.GraphException;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.List;

/** A linear layer on tokens, x·Wᵀ + b, in the numbers of a model. */
final class LinearLowering {
  private final OnnxNodes nodes;
  private final Parameters parameters;
  private final Numbers numbers;

  LinearLowering(OnnxNodes nodes, Parameters parameters, Numbers numbers) {
    this.nodes = nodes;
    this.parameters = parameters;
    this.numbers = numbers;
  }

  /** Whether weights are in 8 bits. */
  boolean isQuantized() {
    return numbers instanceof Numbers.DynamicInt8 || numbers instanceof Numbers.StaticInt8;
  }

  /** The weight keeps its public shape [out, in]; runtimes fold its transposition when loading. */
  String transposed(String weight) {
    return nodes.node("Transpose", List.of(weight), attribute("perm", List.of(1, 0)));
  }

  /** The layer in the type of its operands. */
  String product(String x, String transposed, String bias) {
    return nodes.node("Add", List.of(nodes.node("MatMul", List.of(x, transposed)), bias));
  }

  /** The layer with a weight in 8 bits; x and the result are float32. */
  String quantized(String x, WeightMatrix weight, String bias) {
    List<String> int8 = parameters.int8(weight);
    return numbers instanceof Numbers.StaticInt8 fixed
        ? product(fixed(x, weight, fixed), dequantized(int8), bias)
        : dynamic(x, int8, bias);
  }

  /** ONNX Runtime fuses all this into one operator, DynamicQuantizeMatMul. */
  private String dynamic(String x, List<String> int8, String bias) {
    List<String> input = nodes.nodes("DynamicQuantizeLinear", List.of(x), 3);
    String sum = nodes.node("MatMulInteger", List.of(input.get(0), int8.get(0), input.get(2)));
    String exact =
        nodes.node("Cast", List.of(sum), attribute("to", TensorProto.DataType.FLOAT.getNumber()));
    String scale = nodes.node("Mul", List.of(input.get(1), int8.get(1)));
    return nodes.node("Add", List.of(nodes.node("Mul", List.of(exact, scale)), bias));
  }

  /** x after it was rounded to 8 bits. */
  private String fixed(String x, WeightMatrix weight, Numbers.StaticInt8 fixed) {
    String name = weight.parameter().name();
    Numbers.Range range = fixed.ranges().get(name);
    if (range == null) {
      throw new GraphException(
          name + ": expected the range of its layer's input, found none; calibrate all layers");
    }
    List<String> scale = parameters.scale(name, range);
    String bytes = nodes.node("QuantizeLinear", List.of(x, scale.get(0), scale.get(1)));
    return nodes.node("DequantizeLinear", List.of(bytes, scale.get(0), scale.get(1)));
  }

  private String dequantized(List<String> int8) {
    return nodes.node("DequantizeLinear", int8, attribute("axis", 1));
  }
}
