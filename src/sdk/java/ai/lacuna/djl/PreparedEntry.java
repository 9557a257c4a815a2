package ai.lacuna.djl;

import ai.djl.Device;
import ai.lacuna.export.ManifestParts;
import ai.lacuna.files.NewFolder;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.torchscript.TorchScriptArchive;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Sha256;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.zoo.ZooEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An entry in DJL's cache: a folder with its network as a TorchScript archive and a manifest that
 * has its digest. A fine-tuned entry has its encoder beside. The folder's path depends on weights,
 * architecture, preprocessing and the version of Lacuna, so that none is ever taken for another.
 */
record PreparedEntry(ZooEntry entry) {
  private static final int KEY_DIGITS = 16;

  /** The folder below a cache's root; it and the archive bear the entry's name, as DJL wants. */
  Path below(Path cache) {
    String identity =
        entry.weightsSha256()
            + entry.listing().files()
            + entry.listing().preprocessing()
            + ManifestParts.producer();
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
        Files.deleteIfExists(folder.resolve(Manifest.ENCODER_PT));
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
    Optional<FineTuned> tuned = entry.fineTuned(Device.cpu());
    Map<String, Manifest.FileEntry> files = new LinkedHashMap<>();
    Manifest.Target target = Manifest.Target.CLASSES;
    List<String> labels = List.of();
    String encoder = tuned.isPresent() ? Manifest.ENCODER_PT : archive();
    if (tuned.isPresent()) {
      try (FineTuned network = tuned.get()) {
        ImageClassifier graph = network.config().network();
        Path file = folder.resolve(archive());
        TorchScriptArchive.write(
            file, Program.of(graph.forward()), Weights.source(network.weights()));
        files.put(archive(), ManifestParts.file(file));
        target = Manifest.Target.valueOf(graph.head().target().name());
        labels = network.names();
      }
    }
    Path file = folder.resolve(encoder);
    TorchScriptArchive.write(file, entry.network().program(), Weights.source(entry.weights()));
    files.put(encoder, ManifestParts.file(file));
    Files.writeString(folder.resolve(Manifest.FILE), manifest(files, target, labels).toJson());
  }

  private String archive() {
    return entry.name() + ".pt";
  }

  private Manifest manifest(
      Map<String, Manifest.FileEntry> files, Manifest.Target target, List<String> labels) {
    return new Manifest(
        entry.name(),
        ManifestParts.producer(),
        entry.weights().sha256(),
        ManifestParts.architecture(entry.config()),
        entry.preprocessing(),
        target,
        labels,
        0,
        files,
        List.of(),
        List.of(),
        List.of());
  }
}
