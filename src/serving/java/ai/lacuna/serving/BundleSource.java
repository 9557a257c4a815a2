package ai.lacuna.serving;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** Where a bundle's files lie. */
sealed interface BundleSource {
  /** The folder or archive, for messages. */
  String location();

  /** What messages call a file. */
  String describe(String file);

  /** A file's bytes, if it is there; the caller closes them. */
  Optional<InputStream> open(String file) throws IOException;

  /** A file's length, where that can be told without reading it. */
  OptionalLong size(String file) throws IOException;

  /** A file's own path, where it has one. */
  Optional<Path> path(String file);

  /** What is wrong with a place that has no manifest. */
  BundleException noManifest();

  /** A file's bytes; the caller closes them. */
  default InputStream require(String file) throws IOException {
    return open(file)
        .orElseThrow(
            () -> new BundleException(file, "a file", "nothing", "copy the whole bundle again"));
  }

  /** A folder, on disk or in another file system, such as a jar's. */
  record Folder(Path folder) implements BundleSource {
    @Override
    public String location() {
      return folder.toString();
    }

    @Override
    public String describe(String file) {
      return folder.resolve(file).toString();
    }

    @Override
    public Optional<InputStream> open(String file) throws IOException {
      Path path = folder.resolve(file);
      return Files.isRegularFile(path) ? Optional.of(Files.newInputStream(path)) : Optional.empty();
    }

    @Override
    public OptionalLong size(String file) throws IOException {
      Path path = folder.resolve(file);
      return Files.isRegularFile(path) ? OptionalLong.of(Files.size(path)) : OptionalLong.empty();
    }

    @Override
    public Optional<Path> path(String file) {
      // ONNX Runtime would look for another's on the disk.
      boolean onDisk = folder.getFileSystem().equals(FileSystems.getDefault());
      return onDisk ? Optional.of(folder.resolve(file)) : Optional.empty();
    }

    @Override
    public BundleException noManifest() {
      return new BundleException(
          describe(Manifest.FILE),
          "the manifest of a bundle",
          Files.isDirectory(folder) ? "a folder without one" : "no such folder",
          "give the folder that lacuna export wrote");
    }
  }

  /**
   * A zip file, with the bundle at its root or in a folder.
   *
   * @param file the archive
   * @param prefix the folder with a slash at its end, or empty
   */
  record Archive(Path file, String prefix) implements BundleSource {
    /** Bytes that may come of anything. */
    private static final long FREE = 16L << 20;

    /** Bytes that may come of each packed byte beyond: weights hardly shrink. */
    private static final long MOST_RATIO = 20;

    /** Finds the bundle in an archive. */
    static Archive of(Path file) throws IOException {
      if (!file.getFileSystem().equals(FileSystems.getDefault())) {
        throw new BundleException(
            file.toString(),
            "a folder, or a zip of it on disk",
            "a zip in another file system",
            "copy the zip to the disk, or give the folder");
      }
      try (ZipFile zip = open(file)) {
        List<String> manifests =
            zip.stream()
                .map(ZipEntry::getName)
                .filter(name -> name.equals(Manifest.FILE) || name.endsWith("/" + Manifest.FILE))
                .toList();
        if (manifests.size() > 1) {
          throw new BundleException(
              file.toString(),
              "one bundle",
              String.join(" and ", manifests.subList(0, 2)),
              "zip one folder that lacuna export wrote");
        }
        String manifest = manifests.isEmpty() ? Manifest.FILE : manifests.get(0);
        return new Archive(file, manifest.substring(0, manifest.length() - Manifest.FILE.length()));
      }
    }

    private static ZipFile open(Path file) throws IOException {
      ZipDirectory.requireModest(file);
      try {
        return new ZipFile(file.toFile());
      } catch (ZipException e) {
        throw new BundleException(
            file.toString(),
            "a folder or a zip of it",
            "a file that is no zip (" + e.getMessage() + ")",
            "give the folder that lacuna export wrote",
            e);
      }
    }

    @Override
    public String location() {
      return file.toString();
    }

    @Override
    public String describe(String name) {
      return file + " " + prefix + name;
    }

    @Override
    public Optional<InputStream> open(String name) throws IOException {
      ZipFile zip = open(file);
      try {
        ZipEntry entry = zip.getEntry(prefix + name);
        if (entry == null || entry.isDirectory()) {
          zip.close();
          return Optional.empty();
        }
        requireCredible(entry, describe(name));
        return Optional.of(new WithArchive(zip.getInputStream(entry), zip, entry, describe(name)));
      } catch (IOException | RuntimeException e) {
        zip.close();
        throw e;
      }
    }

    /** Before anything is unpacked. */
    private static void requireCredible(ZipEntry entry, String name) {
      long most = FREE + MOST_RATIO * Math.max(0, entry.getCompressedSize());
      if (entry.getSize() > most) {
        throw new BundleException(
            name,
            "an entry that unpacks to at most " + MOST_RATIO + " times its size",
            entry.getSize() + " bytes of " + entry.getCompressedSize(),
            "do not use this archive");
      }
    }

    @Override
    public OptionalLong size(String name) {
      return OptionalLong.empty(); // what an archive declares need not be so
    }

    @Override
    public Optional<Path> path(String name) {
      return Optional.empty();
    }

    @Override
    public BundleException noManifest() {
      return new BundleException(
          file.toString(),
          "a zip with the manifest of a bundle",
          "none in it",
          "zip the folder that lacuna export wrote");
    }

    /** An entry that closes its archive, and unpacks to what it declares at most. */
    private static final class WithArchive extends FilterInputStream {
      private final ZipFile zip;
      private final String name;
      private long left;

      WithArchive(InputStream in, ZipFile zip, ZipEntry entry, String name) {
        super(in);
        this.zip = zip;
        this.name = name;
        this.left = entry.getSize();
      }

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        int read;
        try {
          read = in.read(bytes, offset, length);
        } catch (ZipException | EOFException e) {
          throw new BundleException(
              name,
              "an entry that unpacks",
              "damage (" + e.getMessage() + ")",
              "copy the whole archive again",
              e);
        }
        left -= Math.max(0, read);
        if (left < 0) {
          throw new BundleException(
              name, "as many bytes as the archive declares", "more", "do not use this archive");
        }
        return read;
      }

      @Override
      public void close() throws IOException {
        zip.close(); // closes the entries that are open, too
      }
    }
  }

  /**
   * A folder on a class path.
   *
   * @param loader whose class path
   * @param folder names with slashes between them
   */
  record Resources(ClassLoader loader, String folder) implements BundleSource {
    private String resource(String file) {
      String plain = folder.replaceAll("^/+|/+$", "");
      return plain.isEmpty() ? file : plain + "/" + file;
    }

    @Override
    public String location() {
      return "class path " + folder;
    }

    @Override
    public String describe(String file) {
      return "class path " + resource(file);
    }

    @Override
    public Optional<InputStream> open(String file) {
      return Optional.ofNullable(loader.getResourceAsStream(resource(file)));
    }

    @Override
    public OptionalLong size(String file) {
      return OptionalLong.empty();
    }

    @Override
    public Optional<Path> path(String file) {
      return Optional.empty();
    }

    @Override
    public BundleException noManifest() {
      return new BundleException(
          describe(Manifest.FILE),
          "the manifest of a bundle",
          "no such resource",
          "put the folder that lacuna export wrote among the resources");
    }
  }
}
