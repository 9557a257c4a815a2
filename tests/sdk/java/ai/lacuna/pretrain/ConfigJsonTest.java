package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.JpegReading;
import ai.lacuna.graph.Precision;
import ai.lacuna.loss.LossSum;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.masking.MaskStrategy;
import ai.lacuna.masking.RatioSchedule;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Numerics.OnNonFinite;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VitConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigJsonTest {
  private static final PretrainConfig CONFIG =
      new PretrainConfig(
          VitConfig.micro4(),
          DecoderConfig.micro(),
          new Normalization(List.of(0.286), List.of(0.353)),
          new MaskPlan(0.6),
          new Objective(false),
          new PretrainConfig.Recipe(16, 1, 256, 1.5e-3, 0, AdamW.pretraining()),
          new Augmentation(0.5, true),
          7);

  @Test
  void readsWhatItWrote() {
    assertEquals(CONFIG, PretrainConfig.fromJson(CONFIG.toJson()));
  }

  @Test
  void writesTheLossAsItsText() {
    PretrainConfig config =
        new PretrainConfig(
            CONFIG.vit(),
            CONFIG.decoder(),
            CONFIG.normalization(),
            CONFIG.masking(),
            new Objective(true, LossSum.parse("mse + 0.1*frequency")),
            CONFIG.recipe(),
            CONFIG.augmentation(),
            7);
    assertTrue(config.toJson().contains("\"mse + 0.1*frequency\""), config.toJson());
    assertEquals(config, PretrainConfig.fromJson(config.toJson()));
    String typo = config.toJson().replace("frequency", "frequenzy");
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> PretrainConfig.fromJson(typo))
                .getMessage());
    assertTrue(message.contains("did you mean frequency?"), message);
  }

  @Test
  void refusesAPerceptualLossWithoutItsActivations() {
    String json =
        CONFIG
            .toJson()
            .replace("\"mse\"", "\"perceptual:x\"")
            .replace("\"checkpointActivations\": false", "\"checkpointActivations\": true");
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> PretrainConfig.fromJson(json))
                .getMessage());
    assertTrue(message.contains("leave out checkpointing"), message);
  }

  @Test
  void keepsTheDecodersKind() {
    DecoderConfig decoder =
        CONFIG
            .decoder()
            .with(DecoderConfig.Kind.CROSS)
            .with(DecoderConfig.MaskToken.MEAN)
            .with(DecoderConfig.Positions.SHARED);
    PretrainConfig config =
        new PretrainConfig(
            CONFIG.vit(),
            decoder,
            CONFIG.normalization(),
            CONFIG.masking(),
            CONFIG.objective(),
            CONFIG.recipe(),
            CONFIG.augmentation(),
            7);
    assertEquals(config, PretrainConfig.fromJson(config.toJson()));
  }

  @Test
  void keepsTheNumerics() {
    Numerics numerics = new Numerics(Precision.BFLOAT16, 4, 1.5, true, OnNonFinite.ROLLBACK);
    PretrainConfig config = CONFIG.withNumerics(numerics);
    assertEquals(config, PretrainConfig.fromJson(config.toJson()));
  }

  @Test
  void readsTheFirstVersion() {
    String first =
        """
        {"vit": {"imageHeight": 28, "imageWidth": 28, "channels": 1, "patchSize": 4,
                 "embedDim": 128, "depth": 6, "numHeads": 4, "mlpRatio": 4.0,
                 "positions": "SIN_COS"},
         "decoder": {"embedDim": 64, "depth": 1, "numHeads": 4, "mlpRatio": 4.0},
         "normalization": {"mean": [0.286], "std": [0.353]},
         "maskRatio": 0.6, "normPixLoss": false,
         "recipe": {"epochs": 16, "warmupEpochs": 1, "batchSize": 256, "baseLearningRate": 0.0015,
                    "minLearningRate": 0.0,
                    "adamW": {"beta1": 0.9, "beta2": 0.95, "epsilon": 1.0E-8, "weightDecay": 0.05}},
         "minCropScale": 0.5, "flip": true, "seed": 7}
        """;
    assertEquals(CONFIG, PretrainConfig.fromJson(first));
  }

  @Test
  void aMaskWithoutAStrategyIsUniform() {
    String text = CONFIG.toJson();
    assertTrue(text.contains("\"ratio\": 0.6"), text);
    String before = text.replaceFirst("\"strategy\": \"random\",\\s*", "");
    assertNotEquals(text, before);
    assertEquals(CONFIG, PretrainConfig.fromJson(before));
  }

  @Test
  void readsStrategiesAndRampsAsWritten() {
    PretrainConfig config =
        new PretrainConfig(
            CONFIG.vit(),
            CONFIG.decoder(),
            CONFIG.normalization(),
            new MaskPlan(
                MaskStrategy.parse("stratified:blocks=0.3"),
                RatioSchedule.parse("random:0.5:0.75@8")),
            CONFIG.objective(),
            CONFIG.recipe(),
            CONFIG.augmentation(),
            7);
    String text = config.toJson();
    assertTrue(text.contains("\"strategy\": \"stratified:blocks=0.3,least=0.08\""), text);
    assertTrue(text.contains("\"ratio\": \"random:0.5:0.75@8\""), text);
    assertEquals(config, PretrainConfig.fromJson(text));
    String wrong = text.replace("stratified:", "stratifed:");
    String message =
        assertThrows(IllegalArgumentException.class, () -> PretrainConfig.fromJson(wrong))
            .getMessage();
    assertTrue(String.valueOf(message).contains("did you mean stratified"), message);
  }

  @Test
  void refusesWhatIsNoConfiguration() {
    assertThrows(IllegalArgumentException.class, () -> PretrainConfig.fromJson("[1]"));
    assertThrows(IllegalArgumentException.class, () -> PretrainConfig.fromJson("{}"));
  }

  @Test
  void takesJpegsForDecodedInFullWhereATextDoesNotSay() {
    String reduced = CONFIG.toJson().replace("\"jpeg\": \"full\"", "\"jpeg\": \"reduced\"");
    assertEquals(JpegReading.REDUCED, PretrainConfig.fromJson(reduced).augmentation().jpeg());
    String old = reduced.replaceFirst(",\\s*\"jpeg\": \"reduced\"", "");
    assertNotEquals(reduced, old);
    assertEquals(CONFIG, PretrainConfig.fromJson(old));
    String other = reduced.replace("\"reduced\"", "\"half\"");
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> PretrainConfig.fromJson(other))
                .getMessage());
    assertTrue(message.contains("jpeg: expected full or reduced"), message);
  }
}
