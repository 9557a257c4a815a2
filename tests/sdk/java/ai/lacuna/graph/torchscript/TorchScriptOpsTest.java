package ai.lacuna.graph.torchscript;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.graph.Op;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.NaiveInterpreter;
import ai.lacuna.oracle.OpCase;
import ai.lacuna.oracle.TorchRun;
import ai.lacuna.train.Weights;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation's TorchScript computes what the formula says. */
class TorchScriptOpsTest {
  /** A few float32 roundings of values of order 1. */
  private static final double FLOAT = 2e-6;

  static List<OpCase> cases() {
    return OpCase.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesWhatTheFormulaSays(OpCase op) {
    Map<String, Dense> expected = NaiveInterpreter.run(op.graph(), op.inputs(), op.parameters());
    NamedTensors.Builder weights = NamedTensors.builder();
    op.parameters()
        .forEach(
            (name, value) ->
                weights.add(
                    name,
                    Tensor.of(
                        value.toFloats(),
                        Arrays.stream(value.shape()).asLongStream().toArray())));
    Map<String, Dense> found =
        TorchRun.run(op.graph(), op.inputs(), Weights.source(weights.build()));
    assertEquals(expected.keySet(), found.keySet());
    expected.forEach(
        (name, value) ->
            Closeness.check(name, FLOAT, value, found.getOrDefault(name, Dense.zeros(0))));
  }

  @Test
  void casesShowEveryOperation() {
    Set<Class<?>> shown =
        cases().stream()
            .flatMap(op -> op.graph().values().stream())
            .map(value -> value.op().getClass())
            .collect(Collectors.toSet());
    for (Class<?> op : Op.class.getPermittedSubclasses()) {
      assertTrue(shown.contains(op), op.getSimpleName());
    }
  }
}
