package ai.lacuna.graph.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.GraphException;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import ai.lacuna.oracle.Dense;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Linear layers in 8 bits against loops over integers, which follow ONNX's text. */
class QuantizedLinearTest {
  private static final int TOKENS = 3;
  private static final int IN = 6;
  private static final int OUT = 5;
  private static final int BATCH = 2;

  /** Integers are exact; what is left is the float32 of a handful of factors. */
  private static final double TOLERANCE = 1e-5;

  private final Random random = new Random(11);
  private final float[] weight = normal(OUT * IN, 0.5);
  private final float[] bias = normal(OUT, 1);
  private final float[] x = normal(BATCH * TOKENS * IN, 2);

  QuantizedLinearTest() {
    // Rows of very different size need scales of their own; a row of zeros has none.
    for (int i = 0; i < IN; i++) {
      weight[i] *= 1000;
      weight[IN + i] = 0;
    }
  }

  @Test
  void dynamicRangesAreThoseOfTheCall() throws OrtException {
    float low = 0;
    float high = 0;
    for (float value : x) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    check(Numbers.dynamicInt8(), low, high);
  }

  @Test
  void staticRangesClipWhatLiesOutside() throws OrtException {
    check(
        new Numbers.StaticInt8(Map.of("fc.weight", new Numbers.Range(-1.5f, 2)), Set.of()),
        -1.5f,
        2);
  }

  private void check(Numbers numbers, float low, float high) throws OrtException {
    Dense found = run(linear(false), numbers, weight);
    float scale = (high - low) / 255;
    int zero = (int) Math.rint(-low / scale);
    double[] expected = new double[BATCH * TOKENS * OUT];
    for (int row = 0; row < BATCH * TOKENS; row++) {
      for (int o = 0; o < OUT; o++) {
        float largest = 0;
        for (int i = 0; i < IN; i++) {
          largest = Math.max(largest, Math.abs(weight[o * IN + i]));
        }
        float step = largest / 127;
        long sum = 0;
        for (int i = 0; i < IN; i++) {
          long w = largest == 0 ? 0 : (long) Math.rint(weight[o * IN + i] / (double) step);
          long q = (long) Math.rint(x[row * IN + i] / scale) + zero;
          sum += w * (Math.max(0, Math.min(255, q)) - zero);
        }
        expected[row * OUT + o] = sum * (double) scale * step + bias[o];
      }
    }
    for (int i = 0; i < expected.length; i++) {
      assertEquals(
          expected[i],
          found.values()[i],
          TOLERANCE * Math.max(1, Math.abs(expected[i])),
          "at " + i);
    }
  }

  /** A kernel [out, b, a] whose reordering is the weight, as that of the patch embedding. */
  @Test
  void aReorderedParameterIsQuantizedAsTheWeightThatItBecomes() throws OrtException {
    float[] kernel = new float[OUT * IN];
    for (int o = 0; o < OUT; o++) {
      for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 2; b++) {
          kernel[o * IN + b * 3 + a] = weight[o * IN + a * 2 + b];
        }
      }
    }
    Dense plain = run(linear(false), Numbers.dynamicInt8(), weight);
    Dense reordered = run(linear(true), Numbers.dynamicInt8(), kernel);
    assertArrayEquals(plain.values(), reordered.values());
  }

  @Test
  void float32WeightsAreLeftOut() {
    for (Numbers numbers : List.of(Numbers.dynamicInt8(), fixed(), Numbers.float16())) {
      for (TensorProto tensor :
          lower(linear(false), numbers, weight).getGraph().getInitializerList()) {
        boolean large = tensor.getDimsCount() > 1;
        assertEquals(
            large ? (numbers instanceof Numbers.Float16 ? 2 : 1) : 0,
            large ? tensor.getRawData().size() / (IN * OUT) : 0,
            tensor.getName());
      }
    }
  }

  @Test
  void staticRangesMustCoverEveryLayer() {
    GraphException e =
        assertThrows(
            GraphException.class,
            () -> lower(linear(false), new Numbers.StaticInt8(Map.of(), Set.of()), weight));
    assertTrue(e.toString().contains("fc.weight: expected the range"), e.toString());
  }

  @Test
  void aHeadOnPooledFeaturesStaysFloat32() {
    GraphBuilder g = new GraphBuilder("forward");
    Value pooled = g.input("x", DType.FLOAT32, Shape.batch(IN));
    Graph head = g.output("y", g.linear(pooled, weight(g, false), bias(g))).build();
    for (Numbers numbers : List.of(Numbers.dynamicInt8(), fixed(), Numbers.float16())) {
      assertEquals(
          "fc.weight", lower(head, numbers, weight).getGraph().getInitializer(0).getName());
    }
  }

  @Test
  void layersMayStayFloat32() {
    Set<String> exact = Set.of("fc.weight");
    for (Numbers numbers :
        List.of(
            new Numbers.DynamicInt8(exact),
            new Numbers.StaticInt8(Map.of(), exact),
            new Numbers.Float16(exact))) {
      ModelProto model = lower(linear(false), numbers, weight);
      assertEquals(lower(linear(false), Numbers.float32(), weight), model);
    }
  }

  private static Numbers fixed() {
    return new Numbers.StaticInt8(Map.of("fc.weight", new Numbers.Range(-1, 1)), Set.of());
  }

  private static Graph linear(boolean reordered) {
    GraphBuilder g = new GraphBuilder("forward");
    Value tokens = g.input("x", DType.FLOAT32, Shape.batch(TOKENS, IN));
    return g.output("y", g.linear(tokens, weight(g, reordered), bias(g))).build();
  }

  private static Value weight(GraphBuilder g, boolean reordered) {
    Shape shape = reordered ? Shape.of(OUT, 2, 3) : Shape.of(OUT, IN);
    Value weight = g.parameter(new Parameter("fc.weight", shape, true, Parameter.constant(0)));
    return reordered ? g.reshape(g.transpose(weight, 0, 2, 1), OUT, IN) : weight;
  }

  private static Value bias(GraphBuilder g) {
    return g.parameter(new Parameter("fc.bias", Shape.of(OUT), true, Parameter.constant(0)));
  }

  private ModelProto lower(Graph graph, Numbers numbers, float[] weights) {
    return OnnxLowering.lower(
        graph,
        parameter -> bytes(parameter.name().equals("fc.bias") ? bias : weights),
        OnnxForm.portable().with(numbers),
        Map.of());
  }

  private Dense run(Graph graph, Numbers numbers, float[] weights) throws OrtException {
    Map<String, Dense> inputs = new HashMap<>(Map.of("x", Dense.of(x, BATCH, TOKENS, IN)));
    return OrtRun.require(OrtRun.run(lower(graph, numbers, weights), graph, inputs), "y");
  }

  private static ByteBuffer bytes(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }

  private float[] normal(int count, double deviation) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return values;
  }
}
