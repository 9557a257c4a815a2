package ai.lacuna.data;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The members of a tar archive in their order. What stands before a member, its long name and
 * extended headers, is read into memory and so has a limit; contents that nobody asks for are
 * passed over without being read, where the archive can be.
 */
final class TarMembers implements Closeable {
  private static final String NAMES = "UTF-8";
  private static final int BLOCK = 512;

  /** Names have at most a few kilobytes. */
  private static final int MOST_HEADERS = 1 << 20;

  private final Metered bytes;
  private final Headers tar;
  private long end;

  /**
   * Opens an archive.
   *
   * @param archive unpacked, and best buffered; closed with this one
   * @param name what messages call it
   */
  TarMembers(InputStream archive, String name) {
    this.bytes = new Metered(archive, name);
    // Without the larger blocks of tapes, which would swallow what follows the end marker.
    this.tar = new Headers(bytes);
  }

  /**
   * The library reads headers and contents. It does not get to pass over contents: it would read
   * them, and loses its place in sparse ones.
   */
  private static final class Headers extends TarArchiveInputStream {
    private final Metered bytes;

    /** Behind the last header, where a content begins, or the map of a sparse one. */
    private long begin;

    /** The last block that was read as a header: behind the last member, of the end marker. */
    private byte[] last = {};

    Headers(Metered bytes) {
      super(bytes, BLOCK, BLOCK, NAMES, false);
      this.bytes = bytes;
    }

    @Override
    protected byte[] readRecord() throws IOException {
      byte[] header = super.readRecord();
      begin = bytes.position;
      last = header == null ? new byte[0] : header;
      return header;
    }

    /** Goes on at the next header, up to which so many bytes were passed over. */
    void passed(long count) {
      count(count);
      setCurrentEntry(null);
    }
  }

  /** Counts what is read, and ends it when a header takes too much. */
  private static final class Metered extends FilterInputStream {
    private final String name;
    private long position;
    private long left = Long.MAX_VALUE;

    Metered(InputStream in, String name) {
      super(in);
      this.name = name;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int read = Math.max(0, in.read(target, offset, length));
      position += read;
      left -= read;
      if (left < 0) {
        throw new DataException(
            "%s: expected at most %s bytes of headers before a member, found more; do not use it"
                .formatted(name, MOST_HEADERS));
      }
      return read == 0 && length > 0 ? -1 : read;
    }

    /** What is passed over takes no memory. */
    @Override
    public long skip(long count) throws IOException {
      long skipped = count <= 0 ? 0 : in.skip(count);
      if (skipped == 0 && count > 0) {
        skipped = in.read() < 0 ? 0 : 1;
      }
      position += skipped;
      return skipped;
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }

  /**
   * Goes on to the next member.
   *
   * @return its header; empty behind the last
   * @throws DataException if its headers take more than a megabyte
   */
  Optional<TarArchiveEntry> next() throws IOException {
    passOver();
    bytes.left = MOST_HEADERS;
    try {
      Optional<TarArchiveEntry> entry = Optional.ofNullable(tar.getNextEntry());
      end = entry.isPresent() ? Math.addExact(tar.begin, stored(entry.get())) : bytes.position;
      return entry;
    } finally {
      bytes.left = Long.MAX_VALUE;
    }
  }

  /** What a member takes in the archive; the size of a sparse one counts its map, not its holes. */
  private static long stored(TarArchiveEntry entry) {
    return entry.isDirectory() ? 0 : entry.getSize();
  }

  /** What is left of the member, and fills its last block. */
  private void passOver() throws IOException {
    long from = bytes.position;
    long target = Math.addExact(end, Math.floorMod(-end, BLOCK));
    if (target < from) {
      throw new IOException("a member longer than its size");
    }
    while (bytes.position < target) {
      if (bytes.skip(target - bytes.position) == 0) {
        throw new EOFException("cut member");
      }
    }
    tar.passed(target - from);
  }

  /** Where the content of a plain member begins that nothing was read of yet. */
  long position() {
    return bytes.position;
  }

  /** Where the member ends. */
  long end() {
    return end;
  }

  /**
   * What follows the last member, but for one block of zeros. The library takes whatever comes next
   * for the second one.
   */
  InputStream rest() {
    return new SequenceInputStream(new ByteArrayInputStream(tar.last), bytes);
  }

  /** Up to so many bytes of the member. */
  byte[] read(int length) throws IOException {
    return tar.readNBytes(length);
  }

  @Override
  public void close() throws IOException {
    tar.close();
  }
}
