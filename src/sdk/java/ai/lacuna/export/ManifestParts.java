package ai.lacuna.export;

import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Sha256;
import ai.lacuna.vit.VitConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What every manifest says in the same words, whoever writes it. */
public final class ManifestParts {
  private ManifestParts() {}

  /** The network as a manifest describes it. */
  public static Manifest.Architecture architecture(VitConfig config) {
    return new Manifest.Architecture(
        "vit",
        config.patchSize(),
        config.embedDim(),
        config.depth(),
        config.numHeads(),
        config.mlpRatio(),
        1 + config.numPatches());
  }

  /** This version of Lacuna. */
  public static String producer() {
    String version = ManifestParts.class.getPackage().getImplementationVersion();
    return "lacuna " + (version == null ? "development" : version);
  }

  /**
   * Size and digest of a file.
   *
   * @throws IOException if it cannot be read
   */
  public static Manifest.FileEntry file(Path file) throws IOException {
    return new Manifest.FileEntry(Files.size(file), Sha256.of(file));
  }
}
