package ai.lacuna.graph.onnx;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphException;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.TensorType;
import ai.lacuna.graph.Value;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A graph as an ONNX model: inputs and outputs keep their names, initializers have the names and
 * shapes of the parameters, and the batch is dynamic.
 */
public final class OnnxLowering {
  /** Name of the dynamic dimension. */
  public static final String BATCH = "batch";

  /** A protobuf message is limited to 2 GiB; some room is left for the nodes. */
  private static final long MAX_WEIGHT_BYTES = Integer.MAX_VALUE - (16L << 20);

  private final Graph graph;
  private final Function<Parameter, ByteBuffer> weights;
  private final AttentionForm attention;

  private OnnxLowering(
      Graph graph, Function<Parameter, ByteBuffer> weights, AttentionForm attention) {
    this.graph = graph;
    this.weights = weights;
    this.attention = attention;
  }

  /**
   * Lowers a graph.
   *
   * @param graph one function of a network
   * @param weights gives a parameter's float32 values, little endian, in row-major order
   * @param attention how attention is written
   * @param metadata the model's {@code metadata_props}
   * @throws GraphException if a parameter's values have another length, or all of them do not fit
   *     in one file
   */
  public static ModelProto lower(
      Graph graph,
      Function<Parameter, ByteBuffer> weights,
      AttentionForm attention,
      Map<String, String> metadata) {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(attention.irVersion())
            .setProducerName("lacuna")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(attention.opset()))
            .setGraph(new OnnxLowering(graph, weights, attention).graph());
    metadata.forEach(
        (key, value) ->
            model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return model.build();
  }

  /** Writes a lowered graph; see {@link #lower}. */
  public static void write(
      Graph graph,
      Function<Parameter, ByteBuffer> weights,
      AttentionForm attention,
      Map<String, String> metadata,
      OutputStream out)
      throws IOException {
    lower(graph, weights, attention, metadata).writeTo(out);
  }

  private GraphProto graph() {
    requireFits();
    GraphProto.Builder proto = GraphProto.newBuilder().setName(graph.name());
    for (Value input : graph.inputs()) {
      proto.addInput(info(((Op.Input) input.op()).name(), input.type()));
    }
    graph.parameters().forEach(parameter -> proto.addInitializer(initializer(parameter)));
    OnnxNodes nodes = new OnnxNodes(proto);
    OpLowering ops = new OpLowering(nodes, attention);
    graph.values().forEach(ops::lower);
    graph
        .outputs()
        .forEach(
            (name, value) -> {
              nodes.node("Identity", List.of(ops.name(value)), name);
              proto.addOutput(info(name, value.type()));
            });
    return proto.build();
  }

  private void requireFits() {
    long bytes = 0;
    for (Parameter parameter : graph.parameters()) {
      bytes = Math.addExact(bytes, parameter.shape().numel() * Float.BYTES);
    }
    if (bytes > MAX_WEIGHT_BYTES) {
      throw new GraphException(
          graph.name()
              + ": expected at most "
              + MAX_WEIGHT_BYTES
              + " bytes of weights in an ONNX file, found "
              + bytes
              + "; export TorchScript alone");
    }
  }

  private TensorProto initializer(Parameter parameter) {
    ByteBuffer bytes = weights.apply(parameter);
    long expected = parameter.shape().numel() * Float.BYTES;
    if (bytes.remaining() != expected) {
      throw new GraphException(
          parameter.name()
              + ": expected "
              + expected
              + " bytes of float32 "
              + parameter.shape()
              + ", found "
              + bytes.remaining()
              + "; the weights are of another architecture");
    }
    return TensorProto.newBuilder()
        .setName(parameter.name())
        .setDataType(TensorProto.DataType.FLOAT.getNumber())
        .addAllDims(parameter.shape().dims())
        .setRawData(ByteString.copyFrom(bytes.duplicate()))
        .build();
  }

  private static ValueInfoProto info(String name, TensorType type) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long dim : type.shape().dims()) {
      TensorShapeProto.Dimension.Builder dimension = TensorShapeProto.Dimension.newBuilder();
      shape.addDim(dim == Shape.BATCH ? dimension.setDimParam(BATCH) : dimension.setDimValue(dim));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(OpLowering.dataType(type.dtype()).getNumber())
                        .setShape(shape)))
        .build();
  }
}
