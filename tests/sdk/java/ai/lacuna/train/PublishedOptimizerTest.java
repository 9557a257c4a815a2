package ai.lacuna.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.oracle.TorchRun;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * AdamW, its schedule and the gradient's norm are those of torch and timm; see {@code
 * tests/fixtures/optim/make_optim_fixture.py}.
 */
class PublishedOptimizerTest {
  /** Some float32 roundings for each of six steps. */
  private static final double STEPS = 2e-6;

  /** Double precision on both sides. */
  private static final double EXACT = 1e-12;

  /** One float32 reduction. */
  private static final double NORM = 1e-6;

  private static Dense dense(Map<String, Dense> map, String key) {
    return map.getOrDefault(key, Dense.zeros(0));
  }

  /** A network whose gradients are its inputs: loss = Σ parameter · input. */
  private static Graph linearLoss(Map<String, Dense> parameters) {
    GraphBuilder g = new GraphBuilder("loss");
    List<Value> sums = new ArrayList<>();
    parameters.forEach(
        (name, values) -> {
          Shape shape = Shape.of(Arrays.stream(values.shape()).asLongStream().toArray());
          Value p = g.parameter(new Parameter(name, shape, true, Parameter.constant(0)));
          Value product = g.mul(p, g.input(name, DType.FLOAT32, shape));
          int count = values.values().length;
          sums.add(g.sum(g.reshape(product, 1, count), false, 0, 1));
        });
    return g.output("loss", sums.stream().reduce(g::add).orElseThrow()).build();
  }

  private static Trainee trainee(Graph loss, Map<String, Dense> parameters, AdamW settings) {
    NamedTensors.Builder start = NamedTensors.builder();
    parameters.forEach(
        (name, values) ->
            start.add(
                name,
                Tensor.of(
                    values.toFloats(), Arrays.stream(values.shape()).asLongStream().toArray())));
    return new Trainee(Program.of(loss), start.build(), settings, Device.cpu());
  }

  @Test
  void stepsAreThoseOfTorchWithDecayOnMatricesOnly() {
    Fixture fixture = Fixture.read("optim/adamw");
    Map<String, Dense> parameters = new LinkedHashMap<>();
    for (String name : List.of("decayed", "plain")) {
      parameters.put(name, fixture.dense(name + ".0"));
    }
    Graph loss = linearLoss(parameters);
    double[] rates = fixture.dense("lr").values();
    try (Trainee trainee = trainee(loss, parameters, AdamW.pretraining())) {
      for (int step = 1; step <= rates.length; step++) {
        try (NDManager manager = trainee.newManager()) {
          Map<String, Dense> gradients =
              Map.of(
                  "decayed", fixture.dense("decayed.grad." + step),
                  "plain", fixture.dense("plain.grad." + step));
          trainee.accumulate("loss", TorchRun.arguments(manager, loss, gradients));
          trainee.step(rates[step - 1]);
        }
        NamedTensors found = trainee.weights();
        for (String name : parameters.keySet()) {
          Dense expected = fixture.dense(name + "." + step);
          Dense values = Dense.of(found.require(name).toFloats(), expected.shape());
          Closeness.check(name + " after step " + step, STEPS, expected, values);
        }
      }
    }
  }

  @Test
  void learningRateIsTimmsCosineWithWarmUp() {
    Fixture fixture = Fixture.read("optim/schedule");
    double[] settings = fixture.dense("settings").values();
    double[] expected = fixture.dense("lr").values();
    CosineSchedule schedule =
        new CosineSchedule(settings[0], settings[1], settings[2], settings[3]);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], schedule.at(i), EXACT, "iteration " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"large", "small"})
  void gradientNormIsTorchs(String size) {
    Fixture fixture = Fixture.read("optim/clipping");
    Map<String, Dense> gradients = new LinkedHashMap<>();
    fixture.all(size + ".in.").forEach((i, gradient) -> gradients.put("p" + i, gradient));
    Graph loss = linearLoss(gradients);
    try (Trainee trainee = trainee(loss, gradients, AdamW.pretraining());
        NDManager manager = trainee.newManager()) {
      trainee.accumulate("loss", TorchRun.arguments(manager, loss, gradients));
      double expected = fixture.scalar(size + ".norm");
      assertEquals(expected, trainee.gradientNorm(), NORM * expected);
      Dense first = dense(gradients, "p0");
      Closeness.check("gradient", NORM, first, Dense.of(trainee.gradient("p0"), first.shape()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"large", "small"})
  void clippedGradientsAreTorchs(String size) {
    Fixture fixture = Fixture.read("optim/clipping");
    Map<String, Dense> gradients = new LinkedHashMap<>();
    fixture.all(size + ".in.").forEach((i, gradient) -> gradients.put("p" + i, gradient));
    Graph loss = linearLoss(gradients);
    NamedTensors.Builder start = NamedTensors.builder();
    gradients.forEach((name, values) -> start.add(name, tensor(values)));
    Numerics clipped = Numerics.plain().withClipNorm(1.0);
    try (Trainee trainee =
            new Trainee(
                Program.of(loss),
                start.build(),
                AdamW.pretraining(),
                clipped,
                List.of(Device.cpu()));
        NDManager manager = trainee.newManager()) {
      trainee.accumulate("loss", TorchRun.arguments(manager, loss, gradients));
      double norm = fixture.scalar(size + ".norm");
      assertEquals(norm, trainee.unscaleAndClip(), NORM * norm);
      fixture
          .all(size + ".out.")
          .forEach(
              (i, expected) -> {
                float[] found = trainee.gradient("p" + i);
                Closeness.check("p" + i, NORM, expected, Dense.of(found, expected.shape()));
              });
    }
  }

  private static Tensor tensor(Dense values) {
    return Tensor.of(values.toFloats(), Arrays.stream(values.shape()).asLongStream().toArray());
  }
}
