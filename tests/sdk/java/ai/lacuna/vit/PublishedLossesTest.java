package ai.lacuna.vit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Program;
import ai.lacuna.loss.LossSum;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.oracle.NaiveInterpreter;
import ai.lacuna.oracle.TorchRun;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Trainee;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Losses and their gradients are those of PyTorch; see {@link DecoderFixture}'s script. */
class PublishedLossesTest {
  /** The fixture's values are float32 roundings of a computation in double precision. */
  private static final double ROUNDING = 3e-7;

  /** The requirement for the loss, relative. */
  private static final double LOSS = 1e-5;

  /** The requirement for gradients. */
  private static final double VALUES = 1e-4;

  @ParameterizedTest
  @CsvSource({
    "rgb-wide,mse",
    "rgb-wide,l1",
    "rgb-wide,charbonnier",
    "rgb-wide,frequency",
    "rgb-wide,mse + 0.1*frequency",
    "grey-square,l1",
    "grey-square,charbonnier",
    "grey-square,frequency",
    "grey-square,mse + 0.1*frequency"
  })
  void valuesAndGradientsArePyTorchs(String model, String text) {
    Fixture expected = Fixture.read("objective/losses-" + model);
    for (boolean normPixLoss : new boolean[] {false, true}) {
      MaeFixture published = MaeFixture.read(model, normPixLoss);
      MaskedAutoencoder network =
          new MaskedAutoencoder(
              published.network().encoder(),
              published.network().decoder(),
              published.network().keep(),
              new Objective(normPixLoss, LossSum.parse(text)));
      String key = text + (normPixLoss ? ".norm" : ".raw");
      double value = expected.scalar("loss." + key);
      Graph loss = network.lossFunction();
      Map<String, Dense> inputs = published.inputs(loss);
      Map<String, Dense> exact = NaiveInterpreter.run(loss, inputs, published.weights().all(""));
      assertEquals(
          value, exact.getOrDefault("loss", Dense.zeros()).values()[0], ROUNDING * value, key);
      Map<String, Dense> gradients = expected.all("grad." + key + ".");
      assertTrue(gradients.size() >= 8, key + ": gradients in the fixture");
      try (Trainee trainee =
              new Trainee(
                  Program.of(loss),
                  published.weights().tensors(),
                  AdamW.pretraining(),
                  Device.cpu());
          NDManager manager = trainee.newManager()) {
        double found = trainee.accumulate("loss", TorchRun.arguments(manager, loss, inputs));
        assertEquals(value, found, LOSS * value, key);
        gradients.forEach(
            (name, gradient) ->
                Closeness.check(
                    key + ": gradient of " + name,
                    VALUES,
                    gradient,
                    Dense.of(trainee.gradient(name), gradient.shape())));
      }
    }
  }
}
