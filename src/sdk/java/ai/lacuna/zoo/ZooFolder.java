package ai.lacuna.zoo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** Where a zoo lies. */
sealed interface ZooFolder {
  /** The zoo that travels in the jar. */
  ZooFolder BUNDLED = new ClassPath("/ai/lacuna/zoo/bundled/");

  /**
   * Opens a file.
   *
   * @param path relative, with slashes
   * @return a stream that the caller closes, or empty if there is no such file
   */
  Optional<InputStream> open(String path) throws IOException;

  /** The file's path, if it has one. */
  Optional<Path> path(String path);

  /** What messages call a file. */
  String describe(String path);

  /**
   * A folder on disk.
   *
   * @param root the folder
   */
  record Directory(Path root) implements ZooFolder {
    @Override
    public Optional<InputStream> open(String path) throws IOException {
      try {
        return Optional.of(Files.newInputStream(root.resolve(path)));
      } catch (NoSuchFileException e) {
        return Optional.empty();
      }
    }

    @Override
    public Optional<Path> path(String path) {
      return Optional.of(root.resolve(path));
    }

    @Override
    public String describe(String path) {
      return root.resolve(path).toString();
    }
  }

  /**
   * A folder in a jar.
   *
   * @param root absolute, with a slash at the end
   */
  record ClassPath(String root) implements ZooFolder {
    @Override
    public Optional<InputStream> open(String path) {
      return Optional.ofNullable(ZooFolder.class.getResourceAsStream(root + path));
    }

    @Override
    public Optional<Path> path(String path) {
      return Optional.empty();
    }

    @Override
    public String describe(String path) {
      return "bundled zoo: " + path;
    }
  }
}
