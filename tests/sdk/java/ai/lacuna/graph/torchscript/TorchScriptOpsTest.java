package ai.lacuna.graph.torchscript;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.lacuna.engine.Determinism;
import ai.lacuna.graph.Precision;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.NaiveInterpreter;
import ai.lacuna.oracle.OpCases;
import ai.lacuna.oracle.TorchRun;
import ai.lacuna.train.Weights;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation's TorchScript computes what the formula says. */
class TorchScriptOpsTest {
  /** A few float32 roundings of sums of some ten terms. */
  private static final double FLOAT = 5e-6;

  /** Inputs rounded to 8 bits of mantissa, and sums of some ten products of them. */
  private static final double BFLOAT = 0.03;

  private static final int BATCH = 3;

  static List<OpCases.Case> cases() {
    return OpCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesWhatTheFormulaSays(OpCases.Case op) {
    Random random = new Random(11);
    Map<String, Dense> parameters = op.parameters(random);
    Map<String, Dense> inputs = op.inputs(BATCH, random);
    Map<String, Dense> expected = NaiveInterpreter.run(op.graph(), inputs, parameters);
    Map<String, Dense> found =
        TorchRun.run(op.graph(), inputs, Weights.source(tensors(parameters)));
    assertEquals(expected.keySet(), found.keySet());
    expected.forEach(
        (name, value) ->
            Closeness.check(name, FLOAT, value, found.getOrDefault(name, Dense.zeros(0))));
  }

  /** As it is lowered for training: for several threads of a CPU in another way than for one. */
  @ParameterizedTest
  @MethodSource("cases")
  void computesTheSameInTrainingWithOneThreadAndWithTwo(OpCases.Case op) {
    Random random = new Random(11);
    Map<String, Dense> parameters = op.parameters(random);
    Map<String, Dense> inputs = op.inputs(BATCH, random);
    Map<String, Dense> expected = NaiveInterpreter.run(op.graph(), inputs, parameters);
    int threads = Determinism.threads();
    try {
      for (int count = 1; count <= 2; count++) {
        Determinism.threads(count);
        Map<String, Dense> found =
            TorchRun.run(
                Precision.FLOAT32, op.graph(), inputs, Weights.source(tensors(parameters)));
        expected.forEach(
            (name, value) ->
                Closeness.check(name, FLOAT, value, found.getOrDefault(name, Dense.zeros(0))));
      }
    } finally {
      Determinism.threads(threads);
    }
  }

  /** Each result is float32, whatever the type of the products, and near the formula's. */
  @ParameterizedTest
  @MethodSource("cases")
  void computesNearlyTheSameInBfloat16(OpCases.Case op) {
    Random random = new Random(11);
    Map<String, Dense> parameters = op.parameters(random);
    Map<String, Dense> inputs = op.inputs(BATCH, random);
    Map<String, Dense> expected = NaiveInterpreter.run(op.graph(), inputs, parameters);
    Map<String, Dense> found =
        TorchRun.run(Precision.BFLOAT16, op.graph(), inputs, Weights.source(tensors(parameters)));
    expected.forEach(
        (name, value) ->
            Closeness.check(name, BFLOAT, value, found.getOrDefault(name, Dense.zeros(0))));
  }

  private static NamedTensors tensors(Map<String, Dense> parameters) {
    NamedTensors.Builder tensors = NamedTensors.builder();
    parameters.forEach(
        (name, value) -> {
          long[] shape = Arrays.stream(value.shape()).asLongStream().toArray();
          tensors.add(name, Tensor.of(value.toFloats(), shape));
        });
    return tensors.build();
  }
}
