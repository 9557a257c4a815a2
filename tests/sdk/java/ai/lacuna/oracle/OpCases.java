package ai.lacuna.oracle;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;

/** A small graph for every kind of operation, in several shapes; for tests of lowerings. */
public final class OpCases {
  /** A graph with one output, {@code y}. */
  public record Case(String name, Graph graph) {
    /** Random values for its parameters, rounded to float32. */
    public Map<String, Dense> parameters(Random random) {
      Map<String, Dense> parameters = new LinkedHashMap<>();
      for (Parameter parameter : graph.parameters()) {
        int[] shape = parameter.shape().dims().stream().mapToInt(Long::intValue).toArray();
        parameters.put(parameter.name(), Dense.filled(i -> (float) random.nextGaussian(), shape));
      }
      return parameters;
    }

    /** Random values for its inputs, rounded to what their types hold. */
    public Map<String, Dense> inputs(int batch, Random random) {
      Map<String, Dense> inputs = new LinkedHashMap<>();
      for (Value input : graph.inputs()) {
        int[] shape =
            input.shape().dims().stream()
                .mapToInt(d -> d == Shape.BATCH ? batch : d.intValue())
                .toArray();
        inputs.put(((Op.Input) input.op()).name(), random(input.dtype(), shape, random));
      }
      return inputs;
    }

    private static Dense random(DType type, int[] shape, Random random) {
      return Dense.filled(
          i ->
              switch (type) {
                case FLOAT32 -> (float) random.nextGaussian();
                case UINT8 -> random.nextInt(256);
                case INT64 -> random.nextInt(5);
              },
          shape);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private final List<Case> cases = new ArrayList<>();

  private OpCases() {}

  /** Every case. */
  public static List<Case> all() {
    OpCases all = new OpCases();
    all.elementwise();
    all.shapes();
    all.layers();
    all.reductions();
    return List.copyOf(all.cases);
  }

  private void add(String name, Function<GraphBuilder, Value> build) {
    GraphBuilder g = new GraphBuilder("forward");
    Value value = build.apply(g);
    cases.add(new Case(name, g.output("y", value).build()));
  }

  private static Value x(GraphBuilder g, long... rest) {
    return g.input("x", DType.FLOAT32, Shape.batch(rest));
  }

  private static Value parameter(GraphBuilder g, String name, long... dims) {
    return g.parameter(new Parameter(name, Shape.of(dims), true, Parameter.normal(0.5)));
  }

  private void elementwise() {
    add("cast uint8", g -> g.cast(g.input("x", DType.UINT8, Shape.batch(2, 3)), DType.FLOAT32));
    add("cast int64", g -> g.cast(g.input("x", DType.INT64, Shape.batch(2)), DType.FLOAT32));
    add("add bias", g -> g.add(x(g, 3, 4), parameter(g, "b", 4)));
    add("add row", g -> g.add(x(g, 3, 4), parameter(g, "b", 1, 3, 4)));
    add(
        "add itself",
        g -> {
          Value x = x(g, 5);
          return g.add(x, x);
        });
    add("sub constant", g -> g.sub(x(g, 2), g.constant(List.of(0.25, -1.5), Shape.of(2))));
    add("mul scalar", g -> g.mul(x(g, 2, 2), g.scalar(-2.5)));
    add("div constant", g -> g.div(x(g, 2, 3), g.constant(List.of(1.0, 2.0, 4.0), Shape.of(3))));
    add(
        "sqrt of square",
        g -> {
          Value x = x(g, 4);
          return g.sqrt(g.mul(x, x));
        });
    add("abs", g -> g.abs(x(g, 3, 4)));
    add(
        "stop gradient",
        g -> {
          Value x = x(g, 3);
          return g.mul(x, g.stopGradient(x));
        });
    add("scalar minus tensor", g -> g.sub(g.scalar(2), x(g, 4)));
    add("scalar over scalar", g -> g.add(x(g, 2), g.div(g.scalar(1), g.scalar(3))));
    add("sqrt of scalar", g -> g.mul(x(g, 2), g.sqrt(g.scalar(2))));
    add(
        "constant times tensor",
        g -> g.mul(g.constant(List.of(0.5, -2.0), Shape.of(2)), x(g, 3, 2)));
    add(
        "epsilon",
        g -> {
          Value x = x(g, 4);
          return g.sqrt(g.add(g.mul(x, g.mul(x, g.scalar(1e-6))), g.scalar(1e-6)));
        });
    add(
        "minus own mean",
        g -> {
          Value x = x(g, 3, 4);
          return g.sub(x, g.mean(x, true, 2));
        });
    add("gelu", g -> g.gelu(g.mul(x(g, 7), g.scalar(2))));
  }

  private void shapes() {
    add("reshape split", g -> g.reshape(x(g, 6, 4), -1, 2, 3, 4));
    add("reshape merge", g -> g.reshape(x(g, 2, 3, 4), -1, 24));
    add("reshape parameter", g -> g.add(x(g, 6), g.reshape(parameter(g, "w", 2, 3), 6)));
    add("transpose heads", g -> g.transpose(x(g, 3, 2, 4), 0, 2, 1, 3));
    add("transpose patches", g -> g.transpose(x(g, 2, 3, 2, 3, 1), 0, 1, 3, 2, 4, 5));
    add(
        "concat tokens",
        g -> {
          Value x = x(g, 2, 3);
          return g.concat(1, List.of(g.expandBatch(parameter(g, "t", 1, 1, 3), x), x));
        });
    add(
        "concat last",
        g -> {
          Value x = x(g, 2, 3);
          return g.concat(-1, List.of(x, x, g.slice(x, 2, 0, 1)));
        });
    add("slice tokens", g -> g.slice(x(g, 4, 3), 1, 1, 4));
    add("slice last", g -> g.slice(x(g, 4, 3), -1, 0, 2));
    add("slice parameter", g -> g.add(x(g, 2), g.slice(parameter(g, "w", 5), 0, 2, 4)));
    add("gather rows", g -> g.gatherRows(x(g, 5, 3), g.input("ids", DType.INT64, Shape.batch(4))));
    add(
        "embedding of a parameter",
        g -> g.embedding(parameter(g, "t", 5, 3), g.input("ids", DType.INT64, Shape.batch(4))));
    add("expand matrix", g -> g.expandBatch(parameter(g, "t", 1, 2, 3), x(g, 7)));
    add("expand vector", g -> g.expandBatch(parameter(g, "t", 1), x(g, 7)));
    add(
        "expand like uint8",
        g -> g.expandBatch(parameter(g, "t", 1, 2), g.input("x", DType.UINT8, Shape.batch(2))));
  }

  private void layers() {
    add("linear rows", g -> g.linear(x(g, 5), parameter(g, "w", 3, 5), parameter(g, "b", 3)));
    add("linear tokens", g -> g.linear(x(g, 4, 5), parameter(g, "w", 3, 5), parameter(g, "b", 3)));
    add(
        "linear rank 4",
        g -> g.linear(x(g, 2, 2, 3), parameter(g, "w", 2, 3), parameter(g, "b", 2)));
    add("matmul parameter", g -> g.matmul(x(g, 4, 5), parameter(g, "m", 5, 3)));
    add(
        "matmul constant",
        g ->
            g.matmul(
                x(g, 2, 3, 2),
                g.constant(List.of(0.5, -1.0, 2.0, 0.25, 1.5, 3.0), Shape.of(2, 3))));
    add(
        "layer norm tokens",
        g -> g.layerNorm(x(g, 3, 8), parameter(g, "w", 8), parameter(g, "b", 8), 1e-6));
    add(
        "layer norm rows",
        g -> g.layerNorm(x(g, 6), parameter(g, "w", 6), parameter(g, "b", 6), 0.1));
    add(
        "attention",
        g -> {
          Value x = x(g, 2, 5, 4);
          return g.attention(x, g.mul(x, g.scalar(0.5)), g.add(x, g.scalar(1)));
        });
    add(
        "attention of one head over one token",
        g -> {
          Value x = x(g, 1, 1, 3);
          return g.attention(x, x, x);
        });
    add(
        "cross attention",
        g -> {
          Value x = x(g, 2, 3, 4);
          Value other = g.input("other", DType.FLOAT32, Shape.batch(2, 6, 4));
          return g.attention(x, other, other);
        });
    add(
        "convolution by 3 x 3",
        g -> g.conv(x(g, 2, 4, 3), parameter(g, "w", 3, 2, 3, 3), parameter(g, "b", 3)));
    add(
        "convolution by a point",
        g -> g.conv(x(g, 3, 2, 2), parameter(g, "w", 2, 3, 1, 1), parameter(g, "b", 2)));
    add("bilinear by two", g -> g.bilinear(x(g, 2, 3, 2), 6, 4));
    add("bilinear by a fraction", g -> g.bilinear(x(g, 1, 3, 4), 7, 5));
    add("bilinear to fewer", g -> g.bilinear(x(g, 2, 5, 4), 2, 3));
    add("softmax", g -> g.softmax(x(g, 3, 5)));
    add("log softmax", g -> g.logSoftmax(x(g, 3, 5)));
    add("softplus", g -> g.softplus(x(g, 3, 5)));
  }

  private void reductions() {
    add("mean of tokens", g -> g.mean(x(g, 4, 3), false, 1));
    add("mean of last, kept", g -> g.mean(x(g, 4, 3), true, -1));
    add("mean of two axes", g -> g.mean(x(g, 4, 3), false, 1, 2));
    add("max of last, kept", g -> g.max(x(g, 4, 3), true, -1));
    add("max of two axes", g -> g.max(x(g, 4, 3, 2), false, 1, 3));
    add("sum of last", g -> g.sum(x(g, 4, 3), false, -1));
    add("sum of all", g -> g.sum(x(g, 4, 3), false, 0, 1, 2));
  }
}
