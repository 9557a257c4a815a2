package ai.lacuna.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * One tar archive, whole or refused: where its images lie and what their labels are.
 *
 * @param gzipped whether its members can be read in their order only
 * @param strays names of members that look like labels and have no image
 */
record TarShard(Path path, boolean gzipped, List<TarMember> members, List<String> strays) {
  private static final String KIND = "a tar archive";
  private static final int BLOCK = 512;
  private static final int BUFFER = 1 << 16;

  /**
   * Reads the headers of a shard, and its labels; all of it if it is gzipped.
   *
   * @throws DataException if it is cut or damaged, or its members are not samples
   * @throws IOException if it cannot be read
   */
  static TarShard index(Path path, Labelling labelling) throws IOException {
    byte[] head = StandIn.refuse(path, KIND);
    boolean gzipped = StandIn.isGzip(head);
    TarGroups groups = new TarGroups(path.toString(), labelling);
    try {
      if (gzipped) {
        stream(path, groups);
      } else {
        plain(path, groups);
      }
    } catch (IOException | RuntimeException e) {
      throw explained(path, e);
    }
    List<TarMember> members = groups.finish();
    return new TarShard(path, gzipped, members, groups.strays());
  }

  /** Opens a shard to be read in its order. */
  static TarMembers open(InputStream file, boolean gzipped, Path path) throws IOException {
    InputStream in = new BufferedInputStream(file, BUFFER);
    return new TarMembers(gzipped ? new Gunzip(in, path.toString()) : in, path.toString());
  }

  /** What a failure under a shard means: Lacuna's and the file system's own words stay. */
  static IOException explained(Path path, Exception failure) throws FileSystemException {
    if (failure instanceof DataException known) {
      throw known;
    }
    if (failure instanceof FileSystemException denied) {
      throw denied;
    }
    if (failure instanceof EOFException) {
      throw new DataException(
          path + ": expected a whole archive, found its end early; it is cut, fetch it again",
          failure);
    }
    // The reader answers damage with several exceptions, some of them unchecked.
    throw new DataException(
        "%s: expected a sound tar archive, found damage (%s); fetch it again"
            .formatted(path, failure.getMessage()),
        failure);
  }

  private static void plain(Path path, TarGroups groups) throws IOException {
    long end = 0;
    try (TarMembers tar = open(Files.newInputStream(path), false, path);
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      for (var next = tar.next(); next.isPresent(); next = tar.next()) {
        TarArchiveEntry entry = next.get();
        long offset = tar.position();
        int length = (int) Math.min(entry.getSize(), FileSlice.MAX_BYTES);
        groups.add(entry, offset, () -> FileSlice.read(channel, path, offset, length));
        end = tar.end();
      }
      requireEnd(path, channel, (end + BLOCK - 1) / BLOCK * BLOCK);
    }
  }

  /** The marker is the only sign that the last members are not missing. */
  private static void requireEnd(Path path, FileChannel channel, long end) throws IOException {
    if (channel.size() < end + BLOCK) {
      throw new EOFException("no end marker");
    }
    try (InputStream rest = Files.newInputStream(path)) {
      rest.skipNBytes(end);
      requireZeros(path, rest);
    }
  }

  private static void stream(Path path, TarGroups groups) throws IOException {
    try (InputStream file = Files.newInputStream(path);
        InputStream unzipped = new Gunzip(file, path.toString());
        TarMembers tar = new TarMembers(unzipped, path.toString())) {
      for (var next = tar.next(); next.isPresent(); next = tar.next()) {
        int length = (int) Math.min(next.get().getSize(), FileSlice.MAX_BYTES);
        groups.add(next.get(), -1, () -> tar.read(length));
      }
      // To the end, where gzip's checksum is.
      requireZeros(path, tar.rest());
    }
  }

  private static void requireZeros(Path path, InputStream rest) throws IOException {
    byte[] buffer = new byte[BUFFER];
    for (int n = rest.read(buffer); n >= 0; n = rest.read(buffer)) {
      for (int i = 0; i < n; i++) {
        if (buffer[i] != 0) {
          throw new DataException(
              path
                  + ": expected the end of the archive behind its end marker, found more data;"
                  + " archives joined to one are not read, give them as they were");
        }
      }
    }
  }
}
