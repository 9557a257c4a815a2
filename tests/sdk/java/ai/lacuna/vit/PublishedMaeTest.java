package ai.lacuna.vit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.NaiveInterpreter;
import ai.lacuna.oracle.TorchRun;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Trainee;
import ai.lacuna.train.Weights;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The masked autoencoder is the published one: an independent implementation agrees. */
class PublishedMaeTest {
  /** The fixture's values are float32 roundings of a computation in double precision. */
  private static final double ROUNDING = 3e-7;

  /** The requirement for the loss, relative; float32 sums of some hundred terms stay well below. */
  private static final double LOSS = 1e-5;

  /** The requirement for features, predictions and gradients. */
  private static final double VALUES = 1e-4;

  @ParameterizedTest
  @CsvSource({"rgb-wide,true", "rgb-wide,false", "grey-square,true", "grey-square,false"})
  void definitionIsThePublishedFormula(String name, boolean normPixLoss) {
    MaeFixture fixture = MaeFixture.read(name, normPixLoss);
    Graph forward = fixture.network().forward();
    Map<String, Dense> found =
        NaiveInterpreter.run(forward, fixture.inputs(forward), fixture.weights().all(""));
    check(fixture, found, ROUNDING, ROUNDING);
  }

  @ParameterizedTest
  @CsvSource({"rgb-wide,true", "rgb-wide,false", "grey-square,true", "grey-square,false"})
  void engineComputesLossPredictionAndLatent(String name, boolean normPixLoss) {
    MaeFixture fixture = MaeFixture.read(name, normPixLoss);
    Graph forward = fixture.network().forward();
    Map<String, Dense> found =
        TorchRun.run(forward, fixture.inputs(forward), Weights.source(fixture.weights().tensors()));
    check(fixture, found, LOSS, VALUES);
  }

  private static void check(
      MaeFixture fixture, Map<String, Dense> found, double lossTolerance, double tolerance) {
    double expected = fixture.expected().scalar("loss." + fixture.kind());
    double loss = found.getOrDefault("loss", Dense.zeros()).values()[0];
    assertEquals(expected, loss, lossTolerance * expected, "loss");
    for (String value : new String[] {"pred", "latent"}) {
      Dense result = found.getOrDefault(value, Dense.zeros());
      Closeness.check(value, tolerance, fixture.expected().dense(value), result);
    }
  }

  @ParameterizedTest
  @CsvSource({"rgb-wide,true", "rgb-wide,false", "grey-square,true", "grey-square,false"})
  void engineComputesGradients(String name, boolean normPixLoss) {
    MaeFixture fixture = MaeFixture.read(name, normPixLoss);
    Map<String, Dense> expected = fixture.expected().all("grad." + fixture.kind() + ".");
    assertTrue(expected.size() >= 15, "gradients in the fixture");
    Graph loss = fixture.network().lossFunction();
    try (Trainee trainee = trainee(fixture);
        NDManager manager = trainee.newManager()) {
      trainee.accumulate("loss", TorchRun.arguments(manager, loss, fixture.inputs(loss)));
      expected.forEach((parameter, gradient) -> checkGradient(trainee, parameter, gradient, 1));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rgb-wide", "grey-square"})
  void gradientsOfSingleImagesAddUpToThoseOfTheBatch(String name) {
    MaeFixture fixture = MaeFixture.read(name, true);
    Graph loss = fixture.network().lossFunction();
    int batch = fixture.expected().dense("input.images").dim(0);
    try (Trainee trainee = trainee(fixture);
        NDManager manager = trainee.newManager()) {
      NDArray[] inputs = TorchRun.arguments(manager, loss, fixture.inputs(loss));
      for (int b = 0; b < batch; b++) {
        NDArray[] image = new NDArray[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
          image[i] = inputs[i].get(b + ":" + (b + 1));
        }
        trainee.accumulate("loss", image);
      }
      // Each image has as many removed patches: the batch's loss is the mean of the images'.
      fixture
          .expected()
          .all("grad.norm.")
          .forEach(
              (parameter, gradient) -> checkGradient(trainee, parameter, gradient, 1.0 / batch));
    }
  }

  private static Trainee trainee(MaeFixture fixture) {
    Program program = Program.of(fixture.network().lossFunction());
    return new Trainee(program, fixture.weights().tensors(), AdamW.pretraining(), Device.cpu());
  }

  private static void checkGradient(
      Trainee trainee, String parameter, Dense expected, double scale) {
    Dense sum = Dense.of(trainee.gradient(parameter), expected.shape());
    Dense found = Dense.filled(i -> sum.get(i) * scale, expected.shape());
    Closeness.check("gradient of " + parameter, VALUES, expected, found);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rgb-wide", "grey-square"})
  void parametersHaveThePublicNamesAndShapes(String name) {
    MaeFixture fixture = MaeFixture.read(name, true);
    Map<String, String> found =
        fixture.network().program().parameters().stream()
            .collect(Collectors.toMap(Parameter::name, p -> p.shape().toString()));
    assertEquals(new TreeSet<>(fixture.weights().tensors().names()), new TreeSet<>(found.keySet()));
    fixture
        .weights()
        .tensors()
        .forEach(
            entry ->
                assertEquals(
                    Arrays.toString(entry.tensor().shape()),
                    found.get(entry.name()),
                    entry.name()));
  }
}
