package ai.lacuna.oracle;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;

/**
 * A small graph that shows one operation, with inputs and parameters; what every lowering must
 * compute as {@link NaiveInterpreter} does.
 *
 * @param name what it shows
 * @param graph a function with the output {@code y}
 * @param inputs by name
 * @param parameters by name
 */
public record OpCase(
    String name, Graph graph, Map<String, Dense> inputs, Map<String, Dense> parameters) {
  private static final int BATCH = 3;

  /** Cases for every operation. */
  public static List<OpCase> all() {
    List<OpCase> cases = new ArrayList<>();
    cases.add(x("cast of bytes", DType.UINT8, (g, x) -> g.cast(x, DType.FLOAT32), 2, 5));
    cases.add(x("addition of a scalar", (g, x) -> g.add(x, g.scalar(0.3)), 4));
    cases.add(x("scalar minus tensor", (g, x) -> g.sub(g.scalar(2), x), 4));
    cases.add(x("tiny scalar", (g, x) -> g.add(g.mul(x, x), g.scalar(1e-6)), 4));
    cases.add(x("row vector times tensor", (g, x) -> g.mul(vector(g), x), 2, 3));
    cases.add(x("tensor over row vector", (g, x) -> g.div(x, vector(g)), 2, 3));
    cases.add(x("column broadcast", (g, x) -> g.sub(x, g.mean(x, true, 2)), 2, 3));
    cases.add(x("scalar over scalar", (g, x) -> g.add(x, g.div(g.scalar(1), g.scalar(3))), 2));
    cases.add(x("square root", (g, x) -> g.sqrt(g.mul(x, x)), 6));
    cases.add(x("square root of a scalar", (g, x) -> g.mul(x, g.sqrt(g.scalar(2))), 6));
    cases.add(x("reshape", (g, x) -> g.reshape(x, -1, 3, 4), 2, 6));
    cases.add(x("transpose", (g, x) -> g.transpose(x, 0, 3, 1, 2), 2, 3, 4));
    cases.add(x("linear of tokens", (g, x) -> g.linear(x, p(g, "w", 5, 4), p(g, "b", 5)), 3, 4));
    cases.add(x("linear of vectors", (g, x) -> g.linear(x, p(g, "w", 2, 4), p(g, "b", 2)), 4));
    cases.add(
        x(
            "layer norm",
            (g, x) -> g.layerNorm(g.mul(x, g.scalar(1e-3)), p(g, "w", 8), p(g, "b", 8), 1e-6),
            3,
            8));
    cases.add(x("gelu", (g, x) -> g.gelu(g.mul(x, g.scalar(3))), 40));
    cases.add(
        x(
            "attention",
            (g, x) ->
                g.attention(
                    g.slice(x, 2, 0, 2), g.mul(x, g.scalar(0.7)), g.gelu(x)),
            2,
            5,
            4));
    cases.add(x("concat", (g, x) -> g.concat(1, List.of(x, g.sqrt(g.mul(x, x)), x)), 2, 3));
    cases.add(x("concat of the last axis", (g, x) -> g.concat(-1, List.of(x, x)), 2, 3));
    cases.add(x("slice", (g, x) -> g.slice(x, 1, 1, 3), 4, 2));
    cases.add(x("slice of the last axis", (g, x) -> g.slice(x, -1, 0, 1), 4, 2));
    cases.add(x("expansion to the batch", (g, x) -> g.expandBatch(p(g, "t", 1, 2, 3), x), 7));
    cases.add(x("mean over one axis", (g, x) -> g.mean(x, false, 1), 3, 4));
    cases.add(x("mean over two axes, kept", (g, x) -> g.mean(x, true, 1, 2), 3, 4));
    cases.add(x("sum over everything", (g, x) -> g.sum(x, false, 0, 1), 5));
    cases.add(x("softmax", (g, x) -> g.softmax(g.mul(x, g.scalar(4))), 3, 5));
    cases.add(gather());
    return cases;
  }

  private static Value p(GraphBuilder g, String name, long... shape) {
    return g.parameter(new Parameter(name, Shape.of(shape), true, Parameter.constant(0)));
  }

  private static Value vector(GraphBuilder g) {
    return g.constant(List.of(0.5, -2.0, 1e-3), Shape.of(3));
  }

  private static OpCase gather() {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(4, 2));
    Value ids = g.input("ids", DType.INT64, Shape.batch(5));
    Graph graph = g.output("y", g.gatherRows(x, ids)).build();
    Random random = new Random(4);
    Dense rows = Dense.filled(i -> (float) random.nextGaussian(), BATCH, 4, 2);
    Dense chosen = Dense.filled(i -> random.nextInt(4), BATCH, 5);
    return new OpCase("gather of rows", graph, Map.of("x", rows, "ids", chosen), Map.of());
  }

  private static OpCase x(String name, BiFunction<GraphBuilder, Value, Value> y, long... shape) {
    return x(name, DType.FLOAT32, y, shape);
  }

  private static OpCase x(
      String name, DType type, BiFunction<GraphBuilder, Value, Value> y, long... shape) {
    GraphBuilder g = new GraphBuilder("forward");
    Graph graph = g.output("y", y.apply(g, g.input("x", type, Shape.batch(shape)))).build();
    Random random = new Random(name.length());
    int[] dims = new int[shape.length + 1];
    Arrays.setAll(dims, i -> i == 0 ? BATCH : (int) shape[i - 1]);
    Dense values =
        Dense.filled(
            i -> type == DType.UINT8 ? random.nextInt(256) : (float) random.nextGaussian(), dims);
    Map<String, Dense> parameters = new LinkedHashMap<>();
    for (Parameter parameter : graph.parameters()) {
      int[] sizes = parameter.shape().dims().stream().mapToInt(Long::intValue).toArray();
      parameters.put(
          parameter.name(), Dense.filled(i -> (float) random.nextGaussian(), sizes));
    }
    return new OpCase(name, graph, Map.of("x", values), parameters);
  }

  @Override
  public String toString() {
    return name;
  }
}
