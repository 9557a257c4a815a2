package ai.lacuna.graph.torchscript;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.lacuna.graph.Precision;
import ai.lacuna.graph.Program;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoweringLocaleTest {
  private static final Program PROGRAM =
      new MaskedAutoencoder(
              new VisionTransformer(
                  new VitConfig(8, 12, 1, 4, 32, 2, 2, 4, VitConfig.Positions.LEARNED),
                  new Normalization(List.of(0.5), List.of(0.25))),
              new DecoderConfig(16, 1, 2, 4),
              2,
              Objective.paper())
          .program();

  @Test
  void writesTheSameCodeWhateverTheDigitsOfTheLanguage(@TempDir Path folder) throws IOException {
    for (TorchTarget target : TorchTarget.values()) {
      for (Precision precision : List.of(Precision.FLOAT32, Precision.BFLOAT16)) {
        LoweringOptions options = new LoweringOptions(precision, target, true);
        byte[] expected = write(folder, options, Locale.ROOT);
        Locale arabic = Locale.forLanguageTag("ar-EG-u-nu-arab");
        assertArrayEquals(expected, write(folder, options, arabic), options.toString());
      }
    }
  }

  private static byte[] write(Path folder, LoweringOptions options, Locale locale)
      throws IOException {
    Path archive = folder.resolve("network.pt");
    Locale before = Locale.getDefault();
    Locale.setDefault(locale);
    try {
      TorchScriptArchive.write(
          archive, PROGRAM, Weights.source(Weights.initial(PROGRAM, 7)), options);
    } finally {
      Locale.setDefault(before);
    }
    return Files.readAllBytes(archive);
  }
}
