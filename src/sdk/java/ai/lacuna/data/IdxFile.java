package ai.lacuna.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.ZipException;

/**
 * The content of one IDX file of unsigned bytes, plain or gzipped (told by its first bytes).
 *
 * <p>The format: two zero bytes, 08 for unsigned bytes, the number of dimensions, each dimension as
 * a big-endian int, then the elements (http://yann.lecun.com/exdb/mnist).
 */
@SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
record IdxFile(int[] shape, byte[] data) {
  private static final int UNSIGNED_BYTES = 0x0800;

  /** Reads a stream to its end and closes it; expects the given number of dimensions. */
  static IdxFile read(InputStream stream, String name, int rank) throws IOException {
    try (InputStream in = plain(stream, name)) {
      int[] head = ints(in, 1, name, "the magic number");
      if (head[0] != UNSIGNED_BYTES + rank) {
        throw new DataException(
            "%s: expected an IDX file of %s dimensions (magic %08x), found magic %08x;"
                    .formatted(name, rank, UNSIGNED_BYTES + rank, head[0])
                + " check that images and labels are not exchanged");
      }
      int[] shape = ints(in, rank, name, "the dimensions");
      long count = 1;
      for (int dimension : shape) {
        if (dimension < 0 || (count *= dimension) > Integer.MAX_VALUE - 8) {
          throw new DataException(
              "%s: expected dimensions of less than 2 GB in all, found %s; the header is damaged"
                  .formatted(name, Arrays.toString(shape)));
        }
      }
      long most = Runtime.getRuntime().maxMemory() / 3;
      if (count > most) {
        throw new DataException(
            "%s: expected at most %s bytes with this heap, found %s; start Java with a larger -Xmx"
                .formatted(name, most, Arrays.toString(shape)));
      }
      byte[] data = new byte[(int) count];
      int read = in.readNBytes(data, 0, data.length);
      if (read < count) {
        throw cut(name, count + " elements", read + "");
      }
      if (in.read() >= 0) {
        throw new DataException(
            "%s: expected %s elements, found more; the header or the file is damaged"
                .formatted(name, count));
      }
      return new IdxFile(shape, data);
    } catch (EOFException e) {
      throw cut(name, "a whole gzip stream", "an early end");
    } catch (ZipException e) {
      throw new DataException(
          "%s: expected a sound gzip stream, found damage (%s); fetch the file again"
              .formatted(name, e.getMessage()),
          e);
    }
  }

  private static InputStream plain(InputStream stream, String name) throws IOException {
    BufferedInputStream in = new BufferedInputStream(stream, 1 << 16);
    in.mark(2);
    boolean zipped = in.read() == 0x1f && in.read() == 0x8b;
    in.reset();
    return zipped ? new Gunzip(in, name) : in;
  }

  private static int[] ints(InputStream in, int count, String name, String what)
      throws IOException {
    byte[] bytes = in.readNBytes(count * Integer.BYTES);
    if (bytes.length < count * Integer.BYTES) {
      throw cut(name, what, bytes.length + " bytes");
    }
    int[] values = new int[count];
    ByteBuffer.wrap(bytes).asIntBuffer().get(values);
    return values;
  }

  private static DataException cut(String name, String expected, String found) {
    return new DataException(
        "%s: expected %s, found %s; the file is cut short, fetch it again"
            .formatted(name, expected, found));
  }
}
