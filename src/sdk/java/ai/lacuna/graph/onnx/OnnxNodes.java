package ai.lacuna.graph.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects the nodes of a graph; each method returns the name of what the node makes. */
final class OnnxNodes {
  /** Not a legal parameter name, so that no parameter is shadowed. */
  private static final String PREFIX = "value:";

  private final List<NodeProto> nodes = new ArrayList<>();
  private int count;

  /** A node with one fresh output. */
  String node(String type, List<String> inputs, AttributeProto... attributes) {
    String output = PREFIX + count;
    node(type, inputs, output, attributes);
    return output;
  }

  /** A node with a named output. */
  void node(String type, List<String> inputs, String output, AttributeProto... attributes) {
    node(type, inputs, List.of(output), attributes);
  }

  /** A node with several fresh outputs. */
  List<String> nodes(String type, List<String> inputs, int outputs, AttributeProto... attributes) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      names.add(PREFIX + count + "." + i);
    }
    node(type, inputs, names, attributes);
    return names;
  }

  private void node(
      String type, List<String> inputs, List<String> outputs, AttributeProto... attributes) {
    nodes.add(
        NodeProto.newBuilder()
            .setName(type + "_" + count++)
            .setOpType(type)
            .addAllInput(inputs)
            .addAllOutput(outputs)
            .addAllAttribute(List.of(attributes))
            .build());
  }

  /**
   * Adds those nodes to a graph that its outputs need.
   *
   * @param outputs the names of what is needed
   * @return the names of everything that these nodes read
   */
  Set<String> addTo(GraphProto.Builder graph, Collection<String> outputs) {
    Set<String> needed = new HashSet<>(outputs);
    Deque<NodeProto> kept = new ArrayDeque<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      NodeProto node = nodes.get(i);
      if (node.getOutputList().stream().anyMatch(needed::contains)) {
        needed.addAll(node.getInputList());
        kept.addFirst(node);
      }
    }
    graph.addAllNode(kept);
    return needed;
  }

  /** A one-dimensional int64 constant, such as a shape or axes. */
  String longs(List<Long> values) {
    ByteBuffer bytes = littleEndian(values.size() * Long.BYTES);
    values.forEach(bytes::putLong);
    return constant(TensorProto.DataType.INT64, List.of((long) values.size()), bytes.flip());
  }

  /** A float32 constant in row-major order. */
  String floats(List<Double> values, List<Long> shape) {
    ByteBuffer bytes = littleEndian(values.size() * Float.BYTES);
    values.forEach(value -> bytes.putFloat(value.floatValue()));
    return constant(TensorProto.DataType.FLOAT, shape, bytes.flip());
  }

  private String constant(TensorProto.DataType type, List<Long> shape, ByteBuffer bytes) {
    TensorProto tensor =
        TensorProto.newBuilder()
            .setDataType(type.getNumber())
            .addAllDims(shape)
            .setRawData(ByteString.copyFrom(bytes))
            .build();
    return node(
        "Constant",
        List.of(),
        AttributeProto.newBuilder()
            .setName("value")
            .setType(AttributeProto.AttributeType.TENSOR)
            .setT(tensor)
            .build());
  }

  static AttributeProto attribute(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  static AttributeProto attribute(String name, double value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.FLOAT)
        .setF((float) value)
        .build();
  }

  static AttributeProto attribute(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  static AttributeProto attribute(String name, List<Integer> values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    values.forEach(attribute::addInts);
    return attribute.build();
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
