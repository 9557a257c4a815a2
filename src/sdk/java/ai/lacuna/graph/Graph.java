package ai.lacuna.graph;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One function of a network: named inputs, operations in an order in which each comes after what it
 * reads, and named outputs. Immutable.
 */
public final class Graph {
  private final String name;
  private final List<Value> inputs;
  private final Map<String, Value> outputs;
  private final List<Value> values;

  Graph(String name, List<Value> inputs, Map<String, Value> outputs) {
    this.name = name;
    this.inputs = List.copyOf(inputs);
    this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    Set<Value> reached = new LinkedHashSet<>(inputs);
    outputs.values().forEach(output -> reach(output, reached));
    this.values = List.copyOf(reached);
  }

  /** Adds what an output needs, operands first; without recursion, as networks may be deep. */
  private static void reach(Value output, Set<Value> reached) {
    Deque<Value> open = new ArrayDeque<>(List.of(output));
    while (!open.isEmpty()) {
      Value value = open.peek();
      Optional<Value> next =
          value.operands().stream().filter(operand -> !reached.contains(operand)).findFirst();
      if (next.isPresent()) {
        open.push(next.get());
      } else {
        reached.add(open.pop());
      }
    }
  }

  /** The function's name, a Java identifier: {@code forward}. */
  public String name() {
    return name;
  }

  /** Values of {@link Op.Input}, in the order of the function's arguments. */
  public List<Value> inputs() {
    return inputs;
  }

  /** Results by name, in order. */
  public Map<String, Value> outputs() {
    return outputs;
  }

  /**
   * The function that gives other values of this one.
   *
   * @param others its outputs by name, each among {@link #values}
   * @throws GraphException if one is not
   */
  public Graph withOutputs(Map<String, Value> others) {
    others.forEach(
        (output, value) -> {
          if (!values.contains(value)) {
            throw new GraphException(
                name + ": expected outputs among its values, found " + output + " = " + value);
          }
        });
    return new Graph(name, inputs, others);
  }

  /** Inputs and every value that an output needs; operands come before their users. */
  public List<Value> values() {
    return values;
  }

  /** The parameters that the function reads, in order of first use. */
  public List<Parameter> parameters() {
    return values.stream()
        .filter(v -> v.op() instanceof Op.Param)
        .map(v -> ((Op.Param) v.op()).parameter())
        .toList();
  }
}
