package ai.lacuna.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import ai.lacuna.graph.torchscript.TorchScriptArchive;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.TorchRun;
import ai.lacuna.weights.NamedTensors;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Backward passes that compute activations again, for networks that are not a chain. */
class RecomputedVariantsTest {
  private static final int WIDTH = 4;

  private static Value layer(GraphBuilder g, String name, Value x) {
    Shape shape = Shape.of(WIDTH, WIDTH);
    Value weight =
        g.parameter(new Parameter(name + ".w", shape, true, Parameter.xavierUniform(WIDTH, WIDTH)));
    Value bias =
        g.parameter(new Parameter(name + ".b", Shape.of(WIDTH), true, Parameter.uniform(0.1)));
    return g.gelu(g.linear(x, weight, bias));
  }

  private static Value block(GraphBuilder g, String name, Value x) {
    return g.add(x, layer(g, name, x));
  }

  /** Three results of blocks meet at the end, one without gradient; a weight is used twice. */
  private static Graph fused() {
    GraphBuilder g = new GraphBuilder("loss");
    Value input = g.input("x", DType.FLOAT32, Shape.batch(3, WIDTH));
    Value target = g.mul(input, g.scalar(0.5));
    Value first = block(g, "one", layer(g, "zero", input));
    Value second = block(g, "two", first);
    Value third = block(g, "one", second);
    Value all = g.add(g.add(first, third), g.stopGradient(second));
    Value difference = g.sub(all, target);
    Value loss = g.mean(g.mul(difference, difference), false, 0, 1, 2);
    return g.output("loss", loss).output("second", second).build();
  }

  @Test
  void gradientsOfBranchesAreThoseOfThePlainPass() {
    Graph graph = fused();
    assertTrue(TorchScriptArchive.isCheckpointable(graph));
    Program program = Program.of(graph);
    NamedTensors weights = Weights.initial(program, 5);
    Random random = new Random(3);
    float[] values = new float[2 * 3 * WIDTH];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Map<String, Dense> inputs = Map.of("x", Dense.of(values, 2, 3, WIDTH));
    List<Device> cpu = List.of(Device.cpu());
    Numerics again = Numerics.plain().withCheckpointActivations(true);
    try (Trainee plain = new Trainee(program, weights, AdamW.pretraining(), Numerics.plain(), cpu);
        Trainee recomputed = new Trainee(program, weights, AdamW.pretraining(), again, cpu);
        NDManager manager = plain.newManager()) {
      float loss = plain.accumulate("loss", TorchRun.arguments(manager, graph, inputs));
      assertEquals(loss, recomputed.accumulate("loss", TorchRun.arguments(manager, graph, inputs)));
      for (Parameter parameter : program.parameters()) {
        float[] expected = plain.gradient(parameter.name());
        float[] found = recomputed.gradient(parameter.name());
        for (int i = 0; i < expected.length; i++) {
          // Branches' gradients are added in another order.
          assertEquals(expected[i], found[i], 1e-6, parameter.name() + " " + i);
          assertTrue(Float.isFinite(expected[i]));
        }
      }
      assertTrue(plain.gradientNorm() > 0);
    }
  }

  /** Every choice of what is frozen; two results are joined before the end. */
  @Test
  void gradientsAreThoseOfThePlainPassWhateverIsFrozen() {
    Graph graph = fused();
    Program program = Program.of(graph);
    NamedTensors weights = Weights.initial(program, 5);
    float[] values = new float[2 * 3 * WIDTH];
    Random random = new Random(8);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Map<String, Dense> inputs = Map.of("x", Dense.of(values, 2, 3, WIDTH));
    List<Device> cpu = List.of(Device.cpu());
    Numerics again = Numerics.plain().withCheckpointActivations(true);
    try (Trainee plain = new Trainee(program, weights, AdamW.pretraining(), Numerics.plain(), cpu);
        Trainee recomputed = new Trainee(program, weights, AdamW.pretraining(), again, cpu);
        NDManager manager = plain.newManager()) {
      // Gradient flows to "two" through a result that is not stopped: the third one.
      for (int choice = 1; choice < 8; choice++) {
        Map<String, ParameterGroups.Setting> trained = new HashMap<>();
        for (int k = 0; k < 3; k++) {
          if ((choice >> k & 1) == 1) {
            String name = List.of("zero", "one", "two").get(k);
            trained.put(name + ".w", new ParameterGroups.Setting(1, 0));
            trained.put(name + ".b", new ParameterGroups.Setting(1, 0));
          }
        }
        plain.train(new ParameterGroups(trained));
        recomputed.train(new ParameterGroups(trained));
        float loss = plain.accumulate("loss", TorchRun.arguments(manager, graph, inputs));
        float other = recomputed.accumulate("loss", TorchRun.arguments(manager, graph, inputs));
        assertEquals(loss, other);
        for (String name : trained.keySet()) {
          assertArrayEquals(
              plain.gradient(name), recomputed.gradient(name), 1e-6f, choice + " " + name);
        }
        assertTrue(plain.gradientNorm() > 0);
      }
    }
  }

  @Test
  void aFunctionWithoutResidualSumsHasNothingToComputeAgain() {
    GraphBuilder g = new GraphBuilder("loss");
    Value input = g.input("x", DType.FLOAT32, Shape.batch(3, WIDTH));
    Value loss = g.mean(layer(g, "one", input), false, 0, 1, 2);
    assertFalse(TorchScriptArchive.isCheckpointable(g.output("loss", loss).build()));
  }
}
