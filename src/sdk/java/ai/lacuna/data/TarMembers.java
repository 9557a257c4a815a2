package ai.lacuna.data;

import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The members of a tar archive in their order. What stands before a member, its long name and
 * extended headers, is read into memory and so has a limit; contents that nobody asks for are
 * passed over.
 */
final class TarMembers implements Closeable {
  private static final String NAMES = "UTF-8";
  private static final int BLOCK = 512;

  /** Names have at most a few kilobytes. */
  private static final int MOST_HEADERS = 1 << 20;

  private final Metered bytes;
  private final TarArchiveInputStream tar;

  /**
   * Opens an archive.
   *
   * @param archive unpacked, and best buffered; closed with this one
   * @param name what messages call it
   */
  TarMembers(InputStream archive, String name) {
    this.bytes = new Metered(archive, name);
    // Without the larger blocks of tapes, which would swallow what follows the end marker.
    this.tar = new TarArchiveInputStream(bytes, BLOCK, BLOCK, NAMES, false);
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
            "%s: expected at most %d bytes of headers before a member, found more; do not use it"
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
      return Optional.ofNullable(tar.getNextEntry());
    } finally {
      bytes.left = Long.MAX_VALUE;
    }
  }

  /** What is left of the member: the library reads it, and it is no header. */
  private void passOver() throws IOException {
    if (tar.getCurrentEntry() == null) {
      return;
    }
    long passed = tar.skip(Long.MAX_VALUE);
    while (passed > 0) {
      passed = tar.skip(Long.MAX_VALUE);
    }
  }

  /** Where the content of a plain member begins that nothing was read of yet. */
  long position() {
    return bytes.position;
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
