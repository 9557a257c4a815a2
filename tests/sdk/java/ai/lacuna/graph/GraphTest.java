package ai.lacuna.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphTest {
  private static final int DEEP = 100_000;

  @Test
  void operandsComeBeforeTheirUsersAndUnusedValuesAreLeftOut() {
    GraphBuilder g = new GraphBuilder("forward");
    Value x = g.input("x", DType.FLOAT32, Shape.of(2));
    Value unused = g.abs(x);
    Value left = g.sqrt(x);
    Value right = g.abs(left);
    Value sum = g.add(right, left);
    g.output("sum", sum).output("left", left);
    assertEquals(List.of(x, left, right, sum), g.build().values());
    assertEquals(List.of(x), unused.operands());
  }

  /** A hundred thousand operations in a row: no recursion could follow them. */
  @Test
  void mayBeDeep() {
    GraphBuilder g = new GraphBuilder("forward");
    List<Value> chain = new ArrayList<>(List.of(g.input("x", DType.FLOAT32, Shape.of(2))));
    for (int i = 0; i < DEEP; i++) {
      chain.add(g.abs(chain.get(i)));
    }
    g.output("y", chain.get(DEEP));
    assertEquals(chain, g.build().values());
  }
}
