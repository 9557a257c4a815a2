package ai.lacuna.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.instruments.Activations;
import ai.lacuna.instruments.Flops;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.masking.MaskStrategy;
import ai.lacuna.masking.RatioSchedule;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.Validation;
import ai.lacuna.vit.MaskedAutoencoder;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class PreflightTest {

  @Test
  void knowsTheRunBeforeItBegins() throws IOException {
    PretrainConfig config = Stripes.config(false);
    Preflight flight = Preflight.of(config, new Stripes(45), Device.cpu(), builder -> {});
    assertEquals(4, flight.visible());
    assertEquals(16, flight.patches());
    assertEquals(8, flight.steps());
    assertEquals(Flops.of(config.network()), flight.flops());
    assertEquals(0.1 * 10 / 256, flight.peakRate(), 1e-12);
    long parameters = flight.encoderParameters() + flight.decoderParameters();
    assertEquals(16 * parameters, flight.stateBytes());
    assertTrue(flight.activationBytes() > 0);
    assertTrue(flight.secondsPerStep() > 0);
    assertEquals(flight.secondsPerStep() * 8, flight.seconds(), 1e-12);
    assertTrue(flight.firstLoss() > 0);
    assertTrue(Preflight.leastSeconds(config, 45, Device.cpu()) > 0);
  }

  /** Of 16 patches epoch 0 sees 12 and epoch 1, the last, 11; 4 would be the ramp's end. */
  @Test
  void aRampCountsAsFarAsTheRunGoes() throws IOException {
    PretrainConfig constant = Stripes.config(false);
    PretrainConfig config =
        new PretrainConfig(
            constant.vit(),
            constant.decoder(),
            constant.normalization(),
            new MaskPlan(new MaskStrategy.Random(), RatioSchedule.parse("0.25:0.75@8")),
            constant.objective(),
            constant.recipe(),
            constant.augmentation(),
            constant.seed());
    Preflight flight = Preflight.of(config, new Stripes(20), Device.cpu(), builder -> {});
    assertEquals(11, flight.visible());
    MaskedAutoencoder end = config.network();
    assertEquals(4, end.keep());
    assertEquals(
        Flops.of(new MaskedAutoencoder(end.encoder(), end.decoder(), 11, end.objective())),
        flight.flops());
    assertEquals(
        10
            * Activations.bytesOfImage(
                new MaskedAutoencoder(end.encoder(), end.decoder(), 12, end.objective())
                    .lossFunction()),
        flight.activationBytes());
  }

  /** Pixels of the stripes, normalised with mean 0.5 and deviation 0.25. */
  @Test
  void aConstantScoresTheVarianceOfPixels() throws IOException {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < 6; i++) {
      for (byte pixel : new Stripes(6).get(i).pixels().data()) {
        double value = ((pixel & 255) / 255.0 - 0.5) / 0.25;
        sum += value / (6 * 144);
        squares += value * value / (6 * 144);
      }
    }
    assertEquals(
        squares - sum * sum,
        new Validation(Stripes.config(false), new Stripes(6), 6, Device.cpu()).constantLoss(),
        1e-9);
  }

  /** With 9 values in a patch the unbiased variance leaves 8/9 (MAE says .9987 at 768). */
  @Test
  void aConstantScoresAboutOneOnNormalisedPatches() throws IOException {
    assertEquals(
        8.0 / 9,
        new Validation(Stripes.config(true), new Stripes(6), 6, Device.cpu()).constantLoss(),
        1e-3);
  }
}
