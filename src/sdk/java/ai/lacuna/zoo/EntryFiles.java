package ai.lacuna.zoo;

import ai.lacuna.cache.FileCache;
import ai.lacuna.cache.RemoteFile;
import ai.lacuna.files.FileReplacement;
import ai.lacuna.serving.Sha256;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.TorchCheckpoint;
import ai.lacuna.zoo.ZooListing.Format;
import ai.lacuna.zoo.ZooListing.ZooFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The files of an entry, fetched where they are on a server, and compared with the index whenever
 * they are read.
 *
 * @param folder the zoo
 * @param listing the entry's line in the index
 * @param settings where files are kept, and which licences are accepted
 */
record EntryFiles(ZooFolder folder, ZooListing listing, ZooSettings settings) {
  /** What is read into memory as a whole. */
  private static final int MOST_TEXT = 64 << 20;

  /** What messages call a file. */
  String describe(ZooFile file) {
    return file.source().isEmpty() ? folder.describe(path(file)) : file.source();
  }

  private String path(ZooFile file) {
    return listing.name() + "/" + file.path();
  }

  /** The entry's folder in the cache. */
  String place() {
    return folder.place() + "/" + listing.name();
  }

  /** Where a file comes from, if that is a server. */
  Optional<RemoteFile> remote(ZooFile file) {
    if (!file.source().isEmpty()) {
      return Optional.of(
          new RemoteFile(URI.create(file.source()), file.size(), file.sha256(), file.md5Prefix()));
    }
    return folder instanceof ZooFolder.Server server
        ? Optional.of(RemoteFile.of(server.address(path(file)), file.size(), file.sha256()))
        : Optional.empty();
  }

  /** Whether a file can be read without a network; digests are not computed. */
  boolean isHere(ZooFile file) {
    try {
      Optional<RemoteFile> remote = remote(file);
      return remote.isEmpty() || settings.cache().has(place() + "/" + file.path(), remote.get());
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * A file on this machine that is the one that the index describes: fetched, if it is on a server;
   * copied to the cache, if it is in the jar.
   *
   * @throws ZooException if it cannot be had, or is another one
   */
  Path onDisk(ZooFile file) {
    try {
      Optional<RemoteFile> remote = remote(file);
      if (remote.isPresent()) {
        LicenseConsent.require(listing, place(), settings);
        return settings.cache().fetch(place() + "/" + file.path(), remote.get());
      }
      if (folder instanceof ZooFolder.Directory directory) {
        Path path = directory.path(path(file));
        long size = Files.isRegularFile(path) ? Files.size(path) : -1;
        check(file, size, size == file.size() ? Sha256.of(path) : "");
        return path;
      }
      Path copy = settings.cache().path(place() + "/" + file.path());
      boolean there = Files.isRegularFile(copy) && Files.size(copy) == file.size();
      if (!there || !Sha256.of(copy).equals(file.sha256())) {
        FileReplacement.write(copy, bytes(file));
      }
      return copy;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * Compares a file with the index, without asking a server.
   *
   * @return whether it is there; then it is the one that is expected
   * @throws ZooException if it is another one
   */
  boolean verify(ZooFile file) {
    Optional<RemoteFile> remote = remote(file);
    if (remote.isEmpty()) {
      if (folder instanceof ZooFolder.ClassPath) {
        bytes(file);
      } else {
        onDisk(file);
      }
      return true;
    }
    try {
      String wrong = settings.cache().check(place() + "/" + file.path(), remote.get());
      if (!wrong.isEmpty() && !wrong.equals(FileCache.ABSENT)) {
        throw new ZooException(settings.cache().path(place() + "/" + file.path()) + ": " + wrong);
      }
      return wrong.isEmpty();
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** A small file's content, checked. */
  byte[] bytes(ZooFile file) {
    try {
      if (folder instanceof ZooFolder.ClassPath jar && file.source().isEmpty()) {
        try (InputStream stream = jar.open(path(file))) {
          // One byte more than expected tells a longer file without reading all of it.
          byte[] bytes = stream.readNBytes(Math.toIntExact(file.size()) + 1);
          check(file, bytes.length, bytes.length == file.size() ? Sha256.of(bytes) : "");
          return bytes;
        } catch (NoSuchFileException e) {
          check(file, -1, "");
        }
      }
      if (file.size() > MOST_TEXT) {
        throw new ZooException(
            "%s: expected at most %s bytes, found %s"
                .formatted(describe(file), MOST_TEXT, file.size()));
      }
      return Files.readAllBytes(onDisk(file));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  String text(ZooFile file) {
    return new String(bytes(file), StandardCharsets.UTF_8);
  }

  /** Weights: mapped into memory if they are on disk. */
  NamedTensors tensors(ZooFile file) {
    if (folder instanceof ZooFolder.ClassPath && file.source().isEmpty()) {
      return Safetensors.read(bytes(file), describe(file));
    }
    Path path = onDisk(file);
    try {
      return file.format() == Format.PLAIN
          ? Safetensors.read(path)
          : TorchCheckpoint.read(path, true).tensors();
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** The digest of a file: the index's, or where that has none, that of what was fetched. */
  String sha256(ZooFile file) {
    if (!file.sha256().isEmpty()) {
      return file.sha256();
    }
    try {
      return Sha256.of(onDisk(file));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Removes what was fetched; bytes that were freed. */
  long removeFetched() {
    FileCache cache = settings.cache();
    try {
      return cache.remove(place());
    } catch (IOException e) {
      throw new ZooException(cache.path(place()) + ": cannot be removed: " + e.getMessage(), e);
    }
  }

  private void check(ZooFile file, long size, String sha256) {
    if (size == file.size() && sha256.equals(file.sha256())) {
      return;
    }
    throw new ZooException(
        "%s: expected %s bytes with SHA-256 %s, found %s; fetch the zoo again or rebuild its index"
            .formatted(
                describe(file),
                file.size(),
                file.sha256(),
                size == file.size() ? "SHA-256 " + sha256 : "another length or no file"));
  }

  private ZooException unreadable(ZooFile file, IOException e) {
    return e instanceof ai.lacuna.cache.DownloadException
        ? new ZooException(listing.name() + ": " + e.getMessage(), e)
        : new ZooException(describe(file) + ": cannot be read: " + e.getMessage(), e);
  }
}
