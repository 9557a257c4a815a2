package ai.lacuna.oracle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The oracle itself, against values worked out by hand or taken from tables. */
class NaiveInterpreterTest {
  /** Rounding of a handful of double operations. */
  private static final double EXACT = 1e-14;

  private static Dense run(GraphBuilder g, Value output, Dense x) {
    return NaiveInterpreter.run(g.output("y", output).build(), Map.of("x", x), Map.of())
        .getOrDefault("y", Dense.zeros(0));
  }

  @Test
  void errorFunctionMatchesTables() {
    // Abramowitz and Stegun, table 7.1.
    assertEquals(0.5204998778, ErrorFunction.erf(0.5), 1e-10);
    assertEquals(0.8427007929, ErrorFunction.erf(1), 1e-10);
    assertEquals(-0.9953222650, ErrorFunction.erf(-2), 1e-10);
    assertEquals(0.9999779095, ErrorFunction.erf(3), 1e-10);
    assertEquals(0, ErrorFunction.erf(0));
    assertEquals(1, ErrorFunction.erf(7));
  }

  @Test
  void softmaxOfLogarithmsGivesTheirShares() {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(3));
    Dense in = Dense.of(new double[] {Math.log(1), Math.log(2), Math.log(5)}, 1, 3);
    assertArrayEquals(new double[] {0.125, 0.25, 0.625}, run(g, g.softmax(x), in).values(), EXACT);
  }

  @Test
  void attentionOfOneKeyIsItsValue() {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(1, 1, 2));
    Dense in = Dense.of(new double[] {3, -4}, 1, 1, 1, 2);
    assertArrayEquals(new double[] {3, -4}, run(g, g.attention(x, x, x), in).values(), EXACT);
  }

  @Test
  void transposeMovesTheNamedAxes() {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(2, 3));
    Dense in = Dense.filled(i -> 10 * i[1] + i[2], 1, 2, 3);
    Dense out = run(g, g.transpose(x, 0, 2, 1), in);
    assertArrayEquals(new int[] {1, 3, 2}, out.shape());
    assertEquals(12, out.get(0, 2, 1));
  }

  @Test
  void meanOverTwoAxesCountsBoth() {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(2, 2));
    Dense in = Dense.of(new double[] {1, 2, 3, 6}, 1, 2, 2);
    assertArrayEquals(new double[] {3}, run(g, g.mean(x, false, 1, 2), in).values(), EXACT);
  }

  @Test
  void maxTakesTheLargestAlsoOfNegativeValues() {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(2, 2));
    Dense in = Dense.of(new double[] {-1, -2, 7, 6}, 1, 2, 2);
    assertArrayEquals(new double[] {-1, 7}, run(g, g.max(x, false, 2), in).values());
  }

  @Test
  void matmulMultipliesRowsByColumns() {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(2));
    Value m = g.constant(List.of(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), Shape.of(2, 3));
    Dense in = Dense.of(new double[] {1, 10}, 1, 2);
    assertArrayEquals(new double[] {41, 52, 63}, run(g, g.matmul(x, m), in).values(), EXACT);
  }

  @Test
  void absDropsTheSign() {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(2));
    Dense in = Dense.of(new double[] {-3, 4}, 1, 2);
    assertArrayEquals(new double[] {3, 4}, run(g, g.abs(x), in).values());
  }

  @Test
  void concatAndSliceAreInverse() {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.batch(4));
    Value rejoined = g.concat(1, List.of(g.slice(x, 1, 0, 1), g.slice(x, 1, 1, 4)));
    Dense in = Dense.of(new double[] {5, 6, 7, 8}, 1, 4);
    assertArrayEquals(in.values(), run(g, rejoined, in).values());
  }
}
