package ai.lacuna.zoo;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Entries with tiny random weights, published into a folder of the test. */
final class TinyEntries {
  static final VitConfig CONFIG =
      new VitConfig(8, 8, 1, 4, 8, 1, 2, 2, VitConfig.Positions.SIN_COS);
  static final Preprocessing PREPROCESSING =
      new Preprocessing(8, 8, 1, List.of(0.5), List.of(0.25), Interpolation.BICUBIC, 1);
  static final About ABOUT =
      new About(
          "A tiny encoder for tests.",
          "Apache-2.0",
          "https://arxiv.org/abs/2111.06377",
          "random numbers",
          new About.TrainingData(
              "noise", "Noise", "nobody/noise", "https://example.org", 3, "train", "MIT", "Noise."),
          new About.Recipe("none", "lacuna pretrain --tiny"),
          List.of("Tests."),
          List.of("It knows nothing."),
          List.of("test"));

  static final String RECIPE =
      "{\"pretrain\": {\"seed\": 1, \"recipe\": {\"epochs\": 2}}, \"environment\": {\"os\": \"x\"}}";
  static final String LOG =
      """
      {"kind":"epoch","epoch":0,"step":2,"loss":1.5,"seconds":1800.0}
      {"kind":"step","epoch":1,"step":3,"loss":0.1}
      {"kind":"epoch","epoch":1,"step":4,"loss":0.75,"seconds":3600.0}
      """;

  private TinyEntries() {}

  static NamedTensors weights(long seed) {
    return NamedTensors.builder()
        .add("cls_token", random(seed, 1, 1, 8))
        .add("pos_embed", random(seed, 1, 5, 8))
        .add("patch_embed.proj.weight", random(seed, 8, 1, 4, 4))
        .add("blocks.0.norm1.weight", random(seed, 8))
        .add("norm.bias", random(seed, 8))
        .add("mask_token", random(seed, 1, 1, 4))
        .add("decoder_pred.bias", random(seed, 16))
        .build();
  }

  private static Tensor random(long seed, long... shape) {
    CounterRandom random = CounterRandom.of(seed, 0, 0, CounterRandom.Purpose.WEIGHTS);
    int numel = 1;
    for (long dimension : shape) {
      numel *= (int) dimension;
    }
    float[] values = new float[numel];
    for (int i = 0; i < numel; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, shape);
  }

  static void writeAbout(Path zoo, String name) throws IOException {
    Files.createDirectories(zoo.resolve(name));
    Files.writeString(zoo.resolve(name).resolve("about.json"), ZooJson.write(ABOUT));
  }

  static ZooEntry publish(Path zoo, String name, long seed) throws IOException {
    writeAbout(zoo, name);
    return ZooPublisher.publish(
        zoo,
        new Publication(
            name, CONFIG, PREPROCESSING, weights(seed), RECIPE, LOG));
  }
}
