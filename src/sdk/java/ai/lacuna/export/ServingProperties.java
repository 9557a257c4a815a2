package ai.lacuna.export;

import ai.lacuna.serving.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The file by which DJL Serving, and DJL, know what to make of a bundle's folder. */
final class ServingProperties {
  private static final String FILE = "serving.properties";

  private ServingProperties() {}

  /**
   * Writes it.
   *
   * @param folder the bundle's
   * @param head what makes the folder's network a classifier or a regressor, not an encoder
   */
  static void write(Path folder, Optional<ExportedHead> head) throws IOException {
    // DJL's translators have no word for a map of classes.
    String archive =
        head.filter(h -> !h.isOfPixels()).map(ExportedHead::archive).orElse(Manifest.ENCODER_PT);
    Files.writeString(
        folder.resolve(FILE),
        """
        engine=PyTorch
        translatorFactory=ai.lacuna.djl.LacunaTranslatorFactory
        option.modelName=%s
        option.mapLocation=true
        """
            .formatted(archive.substring(0, archive.length() - ".pt".length())));
  }
}
