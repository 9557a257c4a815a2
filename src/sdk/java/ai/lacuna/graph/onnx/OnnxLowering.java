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
import com.google.protobuf.UnsafeByteOperations;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A graph as an ONNX model: inputs and outputs keep their names, initializers have the names of the
 * parameters (and, in float32, their shapes), and the batch is dynamic.
 */
public final class OnnxLowering {
  /** Name of the dynamic dimension. */
  public static final String BATCH = "batch";

  /** Name of the input that may have any size. */
  static final String IMAGES = "images";

  /** What a file's name and this are the name of the file with its weights, if they are apart. */
  public static final String DATA_SUFFIX = ".data";

  /** A protobuf message is limited to 2 GiB; some room is left for the nodes. */
  static final long MAX_WEIGHT_BYTES = Integer.MAX_VALUE - (16L << 20);

  private final Graph graph;
  private final Map<String, String> metadata;
  private final OnnxForm form;
  private final GraphProto.Builder proto;
  private final OnnxTensors tensors = new OnnxTensors();
  private final Map<String, OnnxTensors.Entry> used;

  private OnnxLowering(
      Graph graph,
      Function<Parameter, ByteBuffer> weights,
      OnnxForm form,
      Map<String, String> metadata) {
    this.graph = graph;
    this.metadata = metadata;
    this.form = form;
    this.proto = GraphProto.newBuilder().setName(graph.name());
    this.used = tensors.used(addNodes(weights));
  }

  /**
   * Lowers a graph.
   *
   * @param graph one function of a network
   * @param weights gives a parameter's float32 values, little endian, in row-major order
   * @param form how it is written
   * @param metadata the model's {@code metadata_props}
   * @throws GraphException if a parameter's values have another length, or all of them do not fit
   *     in one message
   */
  public static ModelProto lower(
      Graph graph,
      Function<Parameter, ByteBuffer> weights,
      OnnxForm form,
      Map<String, String> metadata) {
    OnnxLowering lowering = new OnnxLowering(graph, weights, form, metadata);
    lowering.requireFits();
    lowering.used.forEach((name, entry) -> lowering.proto.addInitializer(inside(name, entry)));
    return lowering.model();
  }

  /**
   * Lowers a graph and writes it; see {@link #lower}. More weights than one message holds go to a
   * file beside it, with {@link #DATA_SUFFIX}, which the model names.
   *
   * @param file the model's file, replaced if it exists
   * @return the files that were written
   * @throws IOException if a file can't be written
   */
  public static List<Path> write(
      Graph graph,
      Function<Parameter, ByteBuffer> weights,
      OnnxForm form,
      Map<String, String> metadata,
      Path file)
      throws IOException {
    return write(graph, weights, form, metadata, file, MAX_WEIGHT_BYTES);
  }

  /**
   * As {@link #write(Graph, Function, OnnxForm, Map, Path)} with another limit.
   *
   * @param most bytes of weights that the model's own file may hold
   */
  public static List<Path> write(
      Graph graph,
      Function<Parameter, ByteBuffer> weights,
      OnnxForm form,
      Map<String, String> metadata,
      Path file,
      long most)
      throws IOException {
    OnnxLowering lowering = new OnnxLowering(graph, weights, form, metadata);
    if (lowering.weightBytes() <= Math.min(most, MAX_WEIGHT_BYTES)) {
      lowering.used.forEach((name, entry) -> lowering.proto.addInitializer(inside(name, entry)));
      write(lowering.model(), file);
      return List.of(file);
    }
    Path data = file.resolveSibling(file.getFileName() + DATA_SUFFIX);
    try (ExternalData external = ExternalData.create(data)) {
      for (Map.Entry<String, OnnxTensors.Entry> tensor : lowering.used.entrySet()) {
        lowering.proto.addInitializer(
            external.isWorthwhile(tensor.getValue())
                ? external.add(tensor.getKey(), tensor.getValue())
                : inside(tensor.getKey(), tensor.getValue()));
      }
    }
    write(lowering.model(), file);
    return List.of(file, data);
  }

  private static void write(ModelProto model, Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      model.writeTo(out);
    }
  }

  /** Adds inputs, nodes and outputs; gives the names of everything that nodes read. */
  private Set<String> addNodes(Function<Parameter, ByteBuffer> weights) {
    for (Value input : graph.inputs()) {
      String name = ((Op.Input) input.op()).name();
      boolean anySize = form.anySize().isPresent() && name.equals(IMAGES);
      proto.addInput(anySize ? anySize(input.type()) : info(name, input.type()));
    }
    OnnxNodes nodes = new OnnxNodes();
    OpLowering ops = new OpLowering(nodes, form, new Parameters(tensors, weights));
    graph.values().forEach(ops::lower);
    graph
        .outputs()
        .forEach(
            (name, value) -> {
              nodes.node("Identity", List.of(ops.name(value)), name);
              proto.addOutput(info(name, value.type()));
            });
    return new HashSet<>(nodes.addTo(proto, graph.outputs().keySet()));
  }

  private ModelProto model() {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(form.target().irVersion())
            .setProducerName("lacuna")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(form.target().opset()))
            .setGraph(proto);
    metadata.forEach(
        (key, value) ->
            model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return model.build();
  }

  private long weightBytes() {
    return used.values().stream().mapToLong(OnnxTensors.Entry::bytes).sum();
  }

  private void requireFits() {
    long bytes = weightBytes();
    if (bytes > MAX_WEIGHT_BYTES) {
      throw new GraphException(
          graph.name()
              + ": expected at most "
              + MAX_WEIGHT_BYTES
              + " bytes of weights in an ONNX message, found "
              + bytes
              + "; write it to a file");
    }
  }

  private static TensorProto inside(String name, OnnxTensors.Entry entry) {
    return entry
        .proto(name)
        .setRawData(UnsafeByteOperations.unsafeWrap(entry.content().get()))
        .build();
  }

  private static ValueInfoProto anySize(TensorType images) {
    ValueInfoProto.Builder info = info(IMAGES, images).toBuilder();
    TensorShapeProto.Builder shape = info.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder();
    shape.setDim(1, TensorShapeProto.Dimension.newBuilder().setDimParam("image_height"));
    shape.setDim(2, TensorShapeProto.Dimension.newBuilder().setDimParam("image_width"));
    return info.build();
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
