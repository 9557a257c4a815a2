package ai.lacuna.zoo;

import ai.lacuna.cache.RemoteFile;
import ai.lacuna.serving.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Where a zoo lies. */
sealed interface ZooFolder {
  /** The zoo that travels in the jar. */
  ZooFolder BUNDLED = new ClassPath("/ai/lacuna/zoo/bundled/");

  /** What messages call a file. */
  String describe(String path);

  /** Its own folder in the cache: a relative path. */
  String place();

  private static String digits(String text) {
    return Sha256.of(text.getBytes(StandardCharsets.UTF_8)).substring(0, 12);
  }

  /**
   * A folder on disk.
   *
   * @param root the folder
   */
  record Directory(Path root) implements ZooFolder {
    /** The path of a file. */
    Path path(String path) {
      return root.resolve(path);
    }

    @Override
    public String describe(String path) {
      return path(path).toString();
    }

    @Override
    public String place() {
      return "zoos/folder-" + digits(root.toAbsolutePath().normalize().toString());
    }
  }

  /**
   * A folder in a jar.
   *
   * @param root absolute, with a slash at the end
   */
  record ClassPath(String root) implements ZooFolder {
    /** Opens a file; the caller closes it. */
    InputStream open(String path) throws IOException {
      InputStream stream = ZooFolder.class.getResourceAsStream(root + path);
      if (stream == null) {
        throw new NoSuchFileException(describe(path));
      }
      return stream;
    }

    @Override
    public String describe(String path) {
      return "bundled zoo: " + path;
    }

    @Override
    public String place() {
      return "zoos/bundled";
    }
  }

  /**
   * A folder on a server.
   *
   * @param base its address, with a slash at the end
   */
  record Server(URI base) implements ZooFolder {
    /** The folder of an address, with or without a slash or the index's name at its end. */
    static Server of(URI address) {
      RemoteFile.requireServer(address);
      String text = address.toString().replaceFirst("/" + ZooIndex.FILE + "$", "/");
      return new Server(URI.create(text.endsWith("/") ? text : text + "/"));
    }

    /** The address of a file. */
    URI address(String path) {
      return base.resolve(path);
    }

    @Override
    public String describe(String path) {
      return address(path).toString();
    }

    @Override
    public String place() {
      String host = String.valueOf(base.getHost()).replaceAll("[^A-Za-z0-9.-]", "_");
      return "zoos/" + host + "-" + digits(base.toString());
    }
  }
}
