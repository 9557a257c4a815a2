package ai.lacuna.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.ZipException;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * A gzip stream of one or more members that cannot unpack without end: images and labels shrink by
 * a small factor, and what shrinks a thousandfold is no data set.
 */
final class Gunzip extends InputStream {
  /** Bytes that may come of anything. */
  private static final long FREE = 16L << 20;

  /** Packed bytes that may give nothing; gzip never grows what it packs by more than a little. */
  private static final long EMPTY = 1 << 18;

  /** Bytes that may come of each byte beyond. Black images of one size reach a few hundred. */
  private static final long MOST_RATIO = 500;

  private static final int BUFFER = 1 << 16;

  private final Counter counter;
  private final InputStream unpacked;
  private final String name;
  private long given;

  /** Counts the packed bytes; what lies in a buffer counts as read. */
  private final class Counter extends FilterInputStream {
    private long count;

    Counter(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      count(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = in.read(bytes, offset, length);
      count(Math.max(0, read));
      return read;
    }

    private void count(int read) {
      count += read;
      if (count > EMPTY + 2 * given) {
        throw new DataException(
            name + ": expected packed data, found gzip members that hold none; do not use it");
      }
    }
  }

  /**
   * Opens a stream.
   *
   * @param packed the gzip stream; closed with this one
   * @param name what messages call it
   * @throws ZipException if it does not begin like one
   */
  Gunzip(InputStream packed, String name) throws IOException {
    this.name = name;
    this.counter = new Counter(packed);
    // Java's own reader calls itself once for each empty member, until the stack is full.
    this.unpacked =
        told(
            () ->
                GzipCompressorInputStream.builder()
                    .setInputStream(new BufferedInputStream(counter, BUFFER))
                    .setDecompressConcatenated(true)
                    .get());
  }

  @FunctionalInterface
  private interface Reading<T> {
    T read() throws IOException;
  }

  /** Gives damage the type that {@code java.util.zip} gives it. */
  private static <T> T told(Reading<T> reading) throws IOException {
    try {
      return reading.read();
    } catch (EOFException | ZipException e) {
      throw e;
    } catch (IOException e) {
      ZipException damage = new ZipException(e.getMessage());
      damage.initCause(e);
      throw damage;
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    // Piece by piece, so that what was given is known while more is read.
    int part = Math.min(length, BUFFER);
    int read = told(() -> unpacked.read(bytes, offset, part));
    given += Math.max(0, read);
    if (given > FREE + MOST_RATIO * counter.count) {
      throw new DataException(
          "%s: expected data that unpacks to at most %s times its size, found more; do not use it"
              .formatted(name, MOST_RATIO));
    }
    return read;
  }

  @Override
  public void close() throws IOException {
    unpacked.close();
    counter.close();
  }
}
