package ai.lacuna.djl;

import ai.lacuna.files.NewFolder;
import ai.lacuna.graph.torchscript.TorchScriptArchive;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Sha256;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.zoo.ZooEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * An entry in DJL's cache: a folder with the encoder as a TorchScript archive and a manifest that
 * has its digest. The folder's path depends on weights, architecture, preprocessing and the version
 * of Lacuna, so that none is ever taken for another.
 */
record PreparedEntry(ZooEntry entry) {
  private static final int KEY_DIGITS = 16;

  /** The folder below a cache's root; it and the archive bear the entry's name, as DJL wants. */
  Path below(Path cache) {
    String identity = entry.weightsSha256() + manifest(Map.of()).toJson();
    String key = Sha256.of(identity.getBytes(StandardCharsets.UTF_8)).substring(0, KEY_DIGITS);
    return cache.resolve("lacuna").resolve(key).resolve(entry.name());
  }

  /** Leaves a sound folder there: one that is damaged is written again. */
  void writeOrVerify(Path folder) throws IOException {
    if (Files.exists(folder.resolve(Manifest.FILE))) {
      try {
        Bundle.open(folder);
        return;
      } catch (BundleException e) {
        Files.deleteIfExists(folder.resolve(archive()));
        Files.deleteIfExists(folder.resolve(Manifest.FILE));
      }
    }
    try {
      NewFolder.write(folder, this::write);
    } catch (FileAlreadyExistsException e) {
      Bundle.open(folder); // Another process was first.
    }
  }

  private void write(Path folder) throws IOException {
    Path archive = folder.resolve(archive());
    TorchScriptArchive.write(archive, entry.network().program(), Weights.source(entry.weights()));
    Manifest.FileEntry file = new Manifest.FileEntry(Files.size(archive), Sha256.of(archive));
    Files.writeString(folder.resolve(Manifest.FILE), manifest(Map.of(archive(), file)).toJson());
  }

  private String archive() {
    return entry.name() + ".pt";
  }

  private Manifest manifest(Map<String, Manifest.FileEntry> files) {
    VitConfig config = entry.config();
    String version = PreparedEntry.class.getPackage().getImplementationVersion();
    return new Manifest(
        entry.name(),
        "lacuna " + (version == null ? "development" : version),
        new Manifest.Architecture(
            "vit",
            config.patchSize(),
            config.embedDim(),
            config.depth(),
            config.numHeads(),
            config.mlpRatio(),
            1 + config.numPatches()),
        entry.preprocessing(),
        Manifest.Target.CLASSES,
        List.of(),
        0,
        files,
        List.of(),
        List.of(),
        List.of());
  }
}
