package ai.lacuna.graph.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.GraphException;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.NaiveInterpreter;
import ai.lacuna.oracle.OpCases;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OnnxLoweringTest {
  /** Single precision against double on values around 1. */
  private static final double TOLERANCE = 2e-5;

  static Stream<OpCases.Case> cases() {
    return OpCases.all().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesWhatNaiveLoopsCompute(OpCases.Case op) throws OrtException {
    Random random = new Random(7);
    Map<String, Dense> parameters = op.parameters(random);
    for (OnnxTarget target : OnnxTarget.values()) {
      ModelProto model =
          OnnxLowering.lower(op.graph(), bytesOf(parameters), OnnxForm.of(target), Map.of());
      for (int batch : List.of(1, 3)) {
        Map<String, Dense> inputs = op.inputs(batch, random);
        Dense expected = OrtRun.require(NaiveInterpreter.run(op.graph(), inputs, parameters), "y");
        Dense found = OrtRun.require(OrtRun.run(model, op.graph(), inputs), "y");
        assertArrayEquals(expected.shape(), found.shape());
        assertArrayEquals(expected.values(), found.values(), TOLERANCE);
      }
    }
  }

  /** Eleven bits, in a chain of a few operations on values around 1. */
  private static final double HALF_TOLERANCE = 2e-2;

  /** Eight bits of the largest value of a call, 4 or so. */
  private static final double INT8_TOLERANCE = 0.15;

  @ParameterizedTest
  @MethodSource("cases")
  void computesNearlyThatInFewerBits(OpCases.Case op) throws OrtException {
    Random random = new Random(7);
    Map<String, Dense> parameters = op.parameters(random);
    Map<String, Dense> inputs = op.inputs(2, random);
    Dense expected = OrtRun.require(NaiveInterpreter.run(op.graph(), inputs, parameters), "y");
    for (OnnxTarget target : OnnxTarget.values()) {
      for (Numbers numbers : List.of(Numbers.float16(), Numbers.dynamicInt8())) {
        OnnxForm form = OnnxForm.of(target).with(numbers);
        ModelProto model = OnnxLowering.lower(op.graph(), bytesOf(parameters), form, Map.of());
        Dense found = OrtRun.require(OrtRun.run(model, op.graph(), inputs), "y");
        double tolerance = numbers instanceof Numbers.Float16 ? HALF_TOLERANCE : INT8_TOLERANCE;
        assertArrayEquals(expected.shape(), found.shape());
        assertArrayEquals(expected.values(), found.values(), tolerance, numbers.toString());
      }
    }
  }

  /** Heads that are split for attention alone, as in every block, are left to the operator. */
  @Test
  void fusedAttentionReadsTokensAsTheyLie() throws OrtException {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(5, 6));
    Value heads = g.transpose(g.reshape(x, -1, 5, 3, 2), 0, 2, 1, 3);
    Value mixed = g.attention(heads, heads, heads);
    Value joined = g.reshape(g.transpose(mixed, 0, 2, 1, 3), -1, 5, 6);
    Graph block = g.output("y", joined).build();
    ModelProto model =
        OnnxLowering.lower(block, OnnxLoweringTest::zeros, OnnxForm.of(OnnxTarget.CPU), Map.of());
    assertEquals(
        List.of("Attention", "Identity"),
        model.getGraph().getNodeList().stream().map(node -> node.getOpType()).toList());
    Dense in = normal(new Random(4), 2, 5, 6);
    Dense expected = OrtRun.require(NaiveInterpreter.run(block, Map.of("x", in), Map.of()), "y");
    Dense found = OrtRun.require(OrtRun.run(model, block, Map.of("x", in)), "y");
    assertArrayEquals(expected.values(), found.values(), TOLERANCE);
  }

  /** What a CPU is spared: the parts of a layer are layers, a norm's rows are instances. */
  @Test
  void tokensAreMatricesOnACpu() throws OrtException {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(5, 6));
    Value normed = g.layerNorm(x, p(g, "n.weight", 6), p(g, "n.bias", 6), 1e-6);
    Value both = g.linear(normed, p(g, "w", 8, 6), p(g, "b", 8));
    Value sum = g.add(g.slice(both, -1, 0, 4), g.gelu(g.slice(both, -1, 4, 8)));
    Graph graph = g.output("y", sum).build();
    Random random = new Random(5);
    Map<String, Dense> parameters =
        Map.of(
            "n.weight", normal(random, 6),
            "n.bias", normal(random, 6),
            "w", normal(random, 8, 6),
            "b", normal(random, 8));
    ModelProto model =
        OnnxLowering.lower(graph, bytesOf(parameters), OnnxForm.of(OnnxTarget.CPU), Map.of());
    List<String> types =
        model.getGraph().getNodeList().stream()
            .map(node -> node.getOpType())
            .filter(type -> !List.of("Constant", "Reshape").contains(type))
            .toList();
    assertEquals(
        List.of(
            "InstanceNormalization",
            "Mul",
            "Add",
            "Split",
            "Split",
            "Gemm",
            "Gemm",
            "Gelu",
            "Add",
            "Identity"),
        types);
    Dense in = normal(random, 3, 5, 6);
    Dense expected = OrtRun.require(NaiveInterpreter.run(graph, Map.of("x", in), parameters), "y");
    Dense found = OrtRun.require(OrtRun.run(model, graph, Map.of("x", in)), "y");
    assertArrayEquals(expected.values(), found.values(), TOLERANCE);
  }

  private static Value p(GraphBuilder g, String name, long... shape) {
    return g.parameter(new Parameter(name, Shape.of(shape), true, Parameter.constant(0)));
  }

  /** The same heads, swapped once more, and apart. */
  @Test
  void fusedAttentionGivesHeadsApartToWhomWantsThem() throws OrtException {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(3, 6));
    Value heads = g.transpose(g.reshape(x, -1, 3, 3, 2), 0, 2, 1, 3);
    Value mixed = g.attention(heads, heads, heads);
    Value twice = g.transpose(g.transpose(mixed, 0, 2, 1, 3), 0, 2, 1, 3);
    Graph graph = g.output("apart", mixed).output("twice", g.reshape(twice, -1, 3, 6)).build();
    ModelProto model =
        OnnxLowering.lower(graph, OnnxLoweringTest::zeros, OnnxForm.of(OnnxTarget.CPU), Map.of());
    Dense in = normal(new Random(4), 2, 3, 6);
    Map<String, Dense> expected = NaiveInterpreter.run(graph, Map.of("x", in), Map.of());
    Map<String, Dense> found = OrtRun.run(model, graph, Map.of("x", in));
    for (String output : List.of("apart", "twice")) {
      assertArrayEquals(
          OrtRun.require(expected, output).values(),
          OrtRun.require(found, output).values(),
          TOLERANCE);
    }
  }

  @Test
  void moreWeightsThanAFileMayHoldLieBesideIt(@TempDir Path folder) throws Exception {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(2, 40));
    Value w = p(g, "w", 30, 40);
    Value b = p(g, "b", 30);
    Value y = g.linear(x, w, b);
    Value v = p(g, "v", 20, 30);
    Value c = p(g, "c", 20);
    Graph graph = g.output("y", g.linear(y, v, c)).build();
    Random random = new Random(5);
    Map<String, Dense> parameters =
        Map.of(
            "w", normal(random, 30, 40),
            "b", normal(random, 30),
            "v", normal(random, 20, 30),
            "c", normal(random, 20));
    Map<String, Dense> in = Map.of("x", normal(random, 1, 2, 40));
    Path file = folder.resolve("model.onnx");
    List<Path> written =
        OnnxLowering.write(
            graph, bytesOf(parameters), OnnxForm.portable(), Map.of(), file, 1 << 12);
    assertEquals(List.of(file, folder.resolve("model.onnx.data")), written);
    assertTrue(Files.size(file) < 2000, "bytes " + Files.size(file));
    // w is 4,800 bytes; v begins on the next page.
    assertEquals(2 * 4096 + 4 * 20 * 30, Files.size(written.get(1)));
    ModelProto whole =
        OnnxLowering.lower(graph, bytesOf(parameters), OnnxForm.portable(), Map.of());
    Dense expected = OrtRun.require(OrtRun.run(whole, graph, in), "y");
    Dense found = OrtRun.require(OrtRun.run(file, graph, in), "y");
    assertArrayEquals(expected.values(), found.values());
  }

  @Test
  void casesCoverEveryOperation() {
    Set<Class<?>> covered = new HashSet<>();
    cases().forEach(op -> op.graph().values().forEach(v -> covered.add(v.op().getClass())));
    assertEquals(Set.of(Op.class.getPermittedSubclasses()), covered);
  }

  @Test
  void namesInitializersInputsAndOutputsAsTheGraph() {
    ModelProto model = lower(linear());
    TensorProto weight = model.getGraph().getInitializer(0);
    assertEquals("head.weight", weight.getName());
    assertEquals(List.of(2L, 3L), weight.getDimsList());
    assertEquals("head.bias", model.getGraph().getInitializer(1).getName());
    assertEquals("x", model.getGraph().getInput(0).getName());
    assertEquals("y", model.getGraph().getOutput(0).getName());
    assertEquals(
        "batch",
        model.getGraph().getInput(0).getType().getTensorType().getShape().getDim(0).getDimParam());
  }

  @Test
  void declaresThePortableOperatorSetByDefaultForm() {
    ModelProto model = lower(linear());
    assertEquals(9, model.getIrVersion());
    assertEquals(20, model.getOpsetImport(0).getVersion());
  }

  @Test
  void keepsMetadata() {
    ModelProto model =
        OnnxLowering.lower(
            linear(),
            OnnxLoweringTest::zeros,
            OnnxForm.portable(),
            Map.of("name", "vit", "k", "v"));
    Map<String, String> found =
        model.getMetadataPropsList().stream()
            .collect(Collectors.toMap(e -> e.getKey(), e -> e.getValue()));
    assertEquals(Map.of("name", "vit", "k", "v"), found);
  }

  @Test
  void givesOneValueUnderTwoNames() throws OrtException {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(2));
    Value twice = g.add(x, x);
    Graph graph = g.output("a", twice).output("b", twice).output("c", x).build();
    Map<String, Dense> in = Map.of("x", Dense.of(new double[] {1, 2}, 1, 2));
    Map<String, Dense> out = OrtRun.run(lower(graph), graph, in);
    assertArrayEquals(new double[] {2, 4}, OrtRun.require(out, "a").values());
    assertArrayEquals(new double[] {2, 4}, OrtRun.require(out, "b").values());
    assertArrayEquals(new double[] {1, 2}, OrtRun.require(out, "c").values());
  }

  @Test
  void rejectsWeightsOfAnotherLength() {
    GraphException e =
        assertThrows(
            GraphException.class,
            () ->
                OnnxLowering.lower(
                    linear(), p -> ByteBuffer.allocate(4), OnnxForm.portable(), Map.of()));
    assertTrue(e.toString().contains("head.weight: expected 24 bytes"), e.toString());
  }

  @Test
  void rejectsWeightsThatDoNotFitInOneFile() {
    GraphBuilder g = new GraphBuilder("forward");
    Parameter huge = new Parameter("w", Shape.of(1 << 15, 1 << 15), true, Parameter.constant(0));
    Graph graph = g.output("y", g.parameter(huge)).build();
    GraphException e = assertThrows(GraphException.class, () -> lower(graph));
    assertTrue(e.toString().contains("found 4294967296"), e.toString());
  }

  private static Dense normal(Random random, int... shape) {
    double[] values = new double[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    Arrays.setAll(values, i -> random.nextGaussian());
    return Dense.of(values, shape);
  }

  private static Graph linear() {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(3));
    Value w =
        g.parameter(new Parameter("head.weight", Shape.of(2, 3), true, Parameter.constant(0)));
    Value b = g.parameter(new Parameter("head.bias", Shape.of(2), true, Parameter.constant(0)));
    return g.output("y", g.linear(x, w, b)).build();
  }

  private static ModelProto lower(Graph graph) {
    return OnnxLowering.lower(graph, OnnxLoweringTest::zeros, OnnxForm.portable(), Map.of());
  }

  private static ByteBuffer zeros(Parameter parameter) {
    return ByteBuffer.allocate((int) parameter.shape().numel() * Float.BYTES);
  }

  private static Function<Parameter, ByteBuffer> bytesOf(Map<String, Dense> parameters) {
    return parameter -> {
      double[] values = OrtRun.require(parameters, parameter.name()).values();
      ByteBuffer bytes =
          ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      Arrays.stream(values).forEach(value -> bytes.putFloat((float) value));
      return bytes.flip();
    };
  }
}
