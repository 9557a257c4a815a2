package ai.lacuna.zoo;

import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
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

  static final MaskedAutoencoder NETWORK =
      new MaskedAutoencoder(
          new VisionTransformer(CONFIG, new Normalization(List.of(0.5), List.of(0.25))),
          new DecoderConfig(4, 1, 1, 2),
          1,
          Objective.paper());

  static NamedTensors weights(long seed) {
    return Weights.initial(NETWORK.program(), seed);
  }

  static void writeAbout(Path zoo, String name) throws IOException {
    Files.createDirectories(zoo.resolve(name));
    Files.writeString(zoo.resolve(name).resolve("about.json"), ZooJson.write(ABOUT));
  }

  static ZooEntry publish(Path zoo, String name, long seed) throws IOException {
    writeAbout(zoo, name);
    return ZooPublisher.publish(
        zoo, new Publication(name, NETWORK, PREPROCESSING, weights(seed), RECIPE, LOG));
  }
}
