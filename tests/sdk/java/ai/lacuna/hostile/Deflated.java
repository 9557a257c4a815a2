package ai.lacuna.hostile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Streams that unpack to much more than they are, made without packing that much. */
final class Deflated {
  private static final int PIECE = 16 << 20;
  private static final byte[] MEMBER = member(new byte[PIECE]);
  private static final byte[] BLOCK = block();

  private Deflated() {}

  /**
   * A gzip stream of several members.
   *
   * @param start what it unpacks to first
   * @param zeros how many zeros follow, a multiple of 16 MiB
   */
  static void gzip(OutputStream out, byte[] start, long zeros) throws IOException {
    out.write(member(start));
    for (long i = 0; i < zeros / PIECE; i++) {
      out.write(MEMBER);
    }
  }

  /** One gzip member. */
  static byte[] member(byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] block() {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    deflater.setInput(new byte[PIECE]);
    byte[] buffer = new byte[1 << 20];
    int length = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
    deflater.end();
    return Arrays.copyOf(buffer, length);
  }

  /** A deflate stream of that many zeros, a multiple of 16 MiB: one block, repeated. */
  static byte[] zeros(long count) {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (long i = 0; i < count / PIECE; i++) {
      stream.writeBytes(BLOCK);
    }
    stream.write(3); // An empty last block.
    stream.write(0);
    return stream.toByteArray();
  }

  /** A zip entry, and what its headers say of it. */
  @SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
  record Entry(String name, int method, int flags, long crc, byte[] packed, long size) {
    static Entry stored(String name, byte[] content) {
      CRC32 crc = new CRC32();
      crc.update(content);
      return new Entry(name, 0, 0, crc.getValue(), content, content.length);
    }

    static Entry deflatedZeros(String name, long count) {
      return new Entry(name, 8, 0, 0, zeros(count), count);
    }
  }

  /** A zip archive of those entries. */
  static byte[] zip(Entry... entries) {
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    ByteArrayOutputStream directory = new ByteArrayOutputStream();
    for (Entry entry : entries) {
      int place = zip.size();
      byte[] name = entry.name().getBytes(java.nio.charset.StandardCharsets.UTF_8);
      zip.writeBytes(local(entry, name));
      zip.writeBytes(name);
      zip.writeBytes(entry.packed());
      directory.writeBytes(central(entry, name, place));
      directory.writeBytes(name);
    }
    int start = zip.size();
    zip.writeBytes(directory.toByteArray());
    zip.writeBytes(end(entries.length, directory.size(), start));
    return zip.toByteArray();
  }

  static ByteBuffer record(int length, int signature) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN).putInt(0, signature);
  }

  private static byte[] local(Entry entry, byte[] name) {
    return record(30, 0x04034b50)
        .putShort(4, (short) 20)
        .putShort(6, (short) entry.flags())
        .putShort(8, (short) entry.method())
        .putInt(14, (int) entry.crc())
        .putInt(18, entry.packed().length)
        .putInt(22, (int) entry.size())
        .putShort(26, (short) name.length)
        .array();
  }

  static byte[] central(Entry entry, byte[] name, long place) {
    return record(46, 0x02014b50)
        .putShort(4, (short) 20)
        .putShort(6, (short) 20)
        .putShort(8, (short) entry.flags())
        .putShort(10, (short) entry.method())
        .putInt(16, (int) entry.crc())
        .putInt(20, entry.packed().length)
        .putInt(24, (int) entry.size())
        .putShort(28, (short) name.length)
        .putInt(42, (int) place)
        .array();
  }

  static byte[] end(int count, long length, long start) {
    return record(22, 0x06054b50)
        .putShort(8, (short) count)
        .putShort(10, (short) count)
        .putInt(12, (int) length)
        .putInt(16, (int) start)
        .array();
  }
}
