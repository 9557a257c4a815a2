package ai.lacuna.data;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/** Reads the images of one shard in their order. Used by one thread at a time. */
final class ShardReader implements Closeable {
  private final Shards shards;
  private final TarShard shard;
  private final TarMembers tar;
  private final int end;
  private int next;

  ShardReader(Shards shards, int number) throws IOException {
    this.shards = shards;
    this.shard = shards.shard(number);
    this.next = shards.first(number);
    this.end = shards.first(number + 1);
    InputStream file = Files.newInputStream(shard.path());
    try {
      tar = TarShard.open(file, shard.gzipped(), shard.path());
    } catch (IOException | RuntimeException e) {
      file.close();
      throw TarShard.explained(shard.path(), e);
    }
  }

  boolean hasNext() {
    return next < end;
  }

  /** The place of the next image in all shards. */
  int index() {
    return next;
  }

  /**
   * Reads the next image.
   *
   * @throws DataException if the shard is no longer what it was when it was opened
   */
  EncodedImage next() throws IOException {
    if (!hasNext()) {
      throw new NoSuchElementException(shard.path() + ": no image left");
    }
    TarMember member = shards.member(next);
    try {
      advance(member.image());
      byte[] bytes = tar.read(member.length());
      if (bytes.length < member.length()) {
        throw new EOFException("cut member");
      }
      return new EncodedImage(next, shards.where(next++), bytes, member.label());
    } catch (IOException | RuntimeException e) {
      throw TarShard.explained(shard.path(), e);
    }
  }

  /** Passes over the next image. */
  void skip() {
    next++;
  }

  private void advance(String image) throws IOException {
    Optional<TarArchiveEntry> entry = tar.next();
    while (entry.isPresent() && !TarGroups.name(entry.get()).equals(image)) {
      entry = tar.next();
    }
    if (entry.isEmpty()) {
      throw new DataException(
          "%s: expected member %s as when it was opened, found it gone; do not change shards in use"
              .formatted(shard.path(), image));
    }
  }

  @Override
  public void close() throws IOException {
    tar.close();
  }
}
