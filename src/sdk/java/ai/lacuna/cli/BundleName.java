package ai.lacuna.cli;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.CacheFolder;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooEntry;
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
      Arguments.existing(what);
    } else if (entry.get().isFineTuned()) {
      throw new UsageException(
          what
              + ": expected an exported bundle, found a zoo entry that is not exported yet; run:"
              + " lacuna export --encoder "
              + what
              + " --cached");
    } else {
      throw new UsageException(
          "%1$s: expected an exported bundle with a head, found an encoder of the zoo; run: lacuna"
                  .formatted(what)
              + " probe --encoder %1$s --data DATA --save head.safetensors, then: lacuna export"
                  .formatted(what)
              + " --encoder %1$s --head head.safetensors --cached".formatted(what));
    }
  }

  /** Opens it; what lies at that path goes before what has that name. */
  static Bundle open(String what) throws IOException {
    return Files.exists(Arguments.path(what))
        ? Bundle.open(Arguments.path(what))
        : Bundle.openCached(what);
  }

  private static boolean isName(String what) {
    return what.matches("[A-Za-z0-9._-]+");
  }

  private static boolean isCached(String what) {
    return isName(what) && Files.isDirectory(CacheFolder.bundle(what));
  }
}
