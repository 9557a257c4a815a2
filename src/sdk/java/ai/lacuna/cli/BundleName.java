package ai.lacuna.cli;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.CacheFolder;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooEntry;
import ai.lacuna.zoo.ZooSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;

/** What a user means by a bundle: a folder, a zip, or an entry of the zoo that was exported. */
final class BundleName {
  private BundleName() {}

  /**
   * Says what to do where there is no such bundle.
   *
   * @throws UsageException if there is none, with the command that makes it
   */
  static void requireOne(String what, Terminal terminal) {
    if (Files.exists(Arguments.path(what)) || isCached(what)) {
      return;
    }
    Optional<ZooEntry> entry =
        isName(what) ? Zoo.open(ZooFiles.settings(terminal)).find(what) : Optional.empty();
    if (entry.isEmpty()) {
      throw new UsageException(
          what
              + ": no such file or directory, and no entry of the zoo; check the path, or see"
              + " 'lacuna zoo list'");
    } else if (entry.get().isFineTuned()) {
      throw new UsageException(
          what
              + ": expected an exported bundle, found a zoo entry that is not exported yet; run: "
              + export(what));
    } else {
      throw new UsageException(
          what
              + ": expected an exported bundle with a head, found an encoder of the zoo; run: "
              + withHead(what));
    }
  }

  /**
   * Opens it; what lies at that path goes before what has that name.
   *
   * @throws UsageException if it has no head, or the entry of that name has got other weights
   *     since; no server is asked for that
   */
  static Bundle open(String what) throws IOException {
    if (Files.exists(Arguments.path(what))) {
      Bundle bundle = Bundle.open(Arguments.path(what));
      requireHead(bundle, "export it again, of a fine-tuned encoder or with --head HEAD");
      return bundle;
    }
    Bundle bundle = Bundle.openCached(what);
    ZooSettings settings = ZooSettings.fromEnvironment();
    Optional<ZooEntry> entry =
        settings.onServer() ? Optional.empty() : Zoo.open(settings).find(what);
    if (entry.isPresent() && isOutdated(bundle.manifest(), entry.get())) {
      throw new UsageException(
          what
              + ": expected a bundle of the weights that the zoo has, found one of others; run: "
              + (entry.get().isFineTuned() ? export(what) : withHead(what)));
    }
    requireHead(bundle, "run: " + withHead(what));
    return bundle;
  }

  /** An encoder alone says nothing of an image. */
  private static void requireHead(Bundle bundle, String remedy) {
    if (!bundle.hasClassifier() && !bundle.hasRegressor() && !bundle.hasSegmenter()) {
      throw new UsageException(
          bundle.location() + ": expected a bundle with a head, found an encoder alone; " + remedy);
    }
  }

  /** Weights for images of another size have other position embeddings, and are not compared. */
  private static boolean isOutdated(Manifest manifest, ZooEntry entry) {
    Preprocessing own = entry.preprocessing();
    Preprocessing exported = manifest.preprocessing();
    return !manifest.weightsSha256().isEmpty()
        && entry.isHere()
        && own.height() == exported.height()
        && own.width() == exported.width()
        && !manifest.weightsSha256().equals(entry.weights().sha256());
  }

  private static String export(String what) {
    return "lacuna export --encoder " + what + " --cached";
  }

  /** What fits a head to an encoder and exports both. */
  private static String withHead(String what) {
    return ("lacuna probe --encoder %1$s --data DATA --save head.safetensors, then: lacuna export"
            + " --encoder %1$s --head head.safetensors --cached")
        .formatted(what);
  }

  private static boolean isName(String what) {
    return what.matches("[A-Za-z0-9._-]+");
  }

  private static boolean isCached(String what) {
    return isName(what) && Files.isDirectory(CacheFolder.bundle(what));
  }
}
