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
    for (AttentionForm attention : AttentionForm.values()) {
      ModelProto model = OnnxLowering.lower(op.graph(), bytesOf(parameters), attention, Map.of());
      for (int batch : List.of(1, 3)) {
        Map<String, Dense> inputs = op.inputs(batch, random);
        Dense expected = OrtRun.require(NaiveInterpreter.run(op.graph(), inputs, parameters), "y");
        Dense found = OrtRun.require(OrtRun.run(model, op.graph(), inputs), "y");
        assertArrayEquals(expected.shape(), found.shape());
        assertArrayEquals(expected.values(), found.values(), TOLERANCE);
      }
    }
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
            AttentionForm.PRIMITIVE,
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
                    linear(), p -> ByteBuffer.allocate(4), AttentionForm.PRIMITIVE, Map.of()));
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

  private static Graph linear() {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(3));
    Value w =
        g.parameter(new Parameter("head.weight", Shape.of(2, 3), true, Parameter.constant(0)));
    Value b = g.parameter(new Parameter("head.bias", Shape.of(2), true, Parameter.constant(0)));
    return g.output("y", g.linear(x, w, b)).build();
  }

  private static ModelProto lower(Graph graph) {
    return OnnxLowering.lower(graph, OnnxLoweringTest::zeros, AttentionForm.PRIMITIVE, Map.of());
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
