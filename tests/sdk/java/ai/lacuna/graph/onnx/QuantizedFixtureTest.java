package ai.lacuna.graph.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/**
 * A linear layer in 8 bits as onnxruntime.quantization writes it and onnx's reference evaluator
 * computes it: {@code tests/fixtures/quantized}.
 */
class QuantizedFixtureTest {
  /** Integers are exact; what is left is the float32 of a handful of factors. */
  private static final double TOLERANCE = 1e-5;

  private final Fixture fixture = Fixture.read("quantized/linear");
  private final Dense weight = fixture.dense("weight");
  private final Graph graph = linear();

  @Test
  void dynamicBytesScalesAndResultsAreThoseOfOnnxRuntime() throws OrtException {
    check("dynamic", Numbers.dynamicInt8());
  }

  @Test
  void staticBytesScalesAndResultsAreThoseOfOnnxRuntime() throws OrtException {
    double[] seen = fixture.dense("seen").values();
    Numbers.Range range =
        new Numbers.Range(
            (float) DoubleStream.of(seen).min().orElseThrow(),
            (float) DoubleStream.of(seen).max().orElseThrow());
    ModelProto model =
        check("static", new Numbers.StaticInt8(Map.of("fc.weight", range), Set.of()));
    assertArrayEquals(
        fixture.dense("static.input_scale").values(), values(model, "fc.weight:input_scale"));
    assertArrayEquals(fixture.dense("static.zero").values(), values(model, "fc.weight:zero"));
    double[] zero = values(model, "fc.weight:input_zero");
    assertEquals(fixture.scalar("static.input_zero"), ((int) zero[0]) & 255);
  }

  private ModelProto check(String form, Numbers numbers) throws OrtException {
    ModelProto model =
        OnnxLowering.lower(
            graph,
            parameter ->
                bytes(fixture.dense(parameter.name().equals("fc.bias") ? "bias" : "weight")),
            OnnxForm.portable().with(numbers),
            Map.of());
    for (String part : List.of("int8", "scale")) {
      assertArrayEquals(
          fixture.dense(form + "." + part).values(), values(model, "fc.weight:" + part), part);
    }
    // Symmetric: the zero points are 0, written or left out.
    assertEquals(0, DoubleStream.of(fixture.dense(form + ".zero").values()).map(Math::abs).sum());
    double[] expected = fixture.dense(form + ".y").values();
    double[] found =
        OrtRun.require(OrtRun.run(model, graph, Map.of("x", fixture.dense("x"))), "y").values();
    assertEquals(expected.length, found.length);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(
          expected[i], found[i], TOLERANCE * Math.max(1, Math.abs(expected[i])), "at " + i);
    }
    return model;
  }

  /** Floats, or signed bytes. */
  private static double[] values(ModelProto model, String name) {
    for (TensorProto tensor : model.getGraph().getInitializerList()) {
      if (tensor.getName().equals(name)) {
        ByteBuffer bytes =
            tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        boolean wide = tensor.getDataType() == TensorProto.DataType.FLOAT.getNumber();
        double[] values = new double[bytes.remaining() / (wide ? Float.BYTES : 1)];
        for (int i = 0; i < values.length; i++) {
          values[i] = wide ? bytes.getFloat() : bytes.get();
        }
        return values;
      }
    }
    throw new AssertionError(name + ": expected this initializer, found none");
  }

  private Graph linear() {
    GraphBuilder g = new GraphBuilder("forward");
    int[] x = fixture.dense("x").shape();
    int outputs = weight.shape()[0];
    int inputs = weight.shape()[1];
    Value tokens = g.input("x", DType.FLOAT32, Shape.batch(x[1], inputs));
    Value matrix =
        g.parameter(
            new Parameter("fc.weight", Shape.of(outputs, inputs), true, Parameter.constant(0)));
    Value bias =
        g.parameter(new Parameter("fc.bias", Shape.of(outputs), true, Parameter.constant(0)));
    return g.output("y", g.linear(tokens, matrix, bias)).build();
  }

  private static ByteBuffer bytes(Dense dense) {
    ByteBuffer bytes =
        ByteBuffer.allocate(dense.values().length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : dense.values()) {
      bytes.putFloat((float) value);
    }
    return bytes.flip();
  }
}
