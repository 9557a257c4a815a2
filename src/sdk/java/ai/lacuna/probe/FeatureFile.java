package ai.lacuna.probe;

import ai.lacuna.weights.HalfFloats;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Features in a file that is filled chunk by chunk, in any order, over any number of runs.
 *
 * <pre>
 *   0     "lacuna features\n"  16 bytes
 *   16    version, bytes per feature, rows, columns   4 × int32
 *   32    per chunk of 256 rows an int64: 0, or 2^32 + the CRC-32 of the chunk
 *   ...   zeros up to a multiple of 4096
 *   data  rows × columns numbers, row by row
 * </pre>
 *
 * <p>All little-endian. A chunk is written before its sum, and every sum is checked when the file
 * is opened; so whatever a crash, a full disk or another program left, only whole chunks count. The
 * file is locked while it is open; others wait.
 */
final class FeatureFile implements AutoCloseable {
  /** Rows that are written at once. */
  static final int CHUNK_ROWS = 256;

  private static final byte[] MAGIC = "lacuna features\n".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;
  private static final int TABLE = 32;
  private static final int PAGE = 4096;
  private static final long PRESENT = 1L << 32;
  private static final long LARGEST_MAP = 1 << 30;

  private final Path path;
  private final FileChannel channel;
  private final int rows;
  private final int columns;
  private final FeaturePrecision precision;
  private final BitSet missing = new BitSet();

  private FeatureFile(
      Path path, FileChannel channel, int rows, int columns, FeaturePrecision precision) {
    this.path = path;
    this.channel = channel;
    this.rows = rows;
    this.columns = columns;
    this.precision = precision;
  }

  /**
   * Opens a file, makes it if it is not there, and empties it if it is no such file.
   *
   * @param path the file; missing folders are made
   * @param rows images
   * @param columns features of an image
   * @param precision how a feature is kept
   */
  static FeatureFile open(Path path, int rows, int columns, FeaturePrecision precision)
      throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      channel.lock();
      FeatureFile file = new FeatureFile(path, channel, rows, columns, precision);
      file.missing.set(0, file.chunks());
      if (file.hasHeader()) {
        file.findChunks();
      } else {
        file.clear();
      }
      return file;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** The chunks that are to be written, by their index. */
  BitSet missing() {
    return (BitSet) missing.clone();
  }

  private int chunks() {
    return (rows + CHUNK_ROWS - 1) / CHUNK_ROWS;
  }

  private long data() {
    return (TABLE + (long) chunks() * Long.BYTES + PAGE - 1) / PAGE * PAGE;
  }

  private long chunkBytes() {
    return (long) CHUNK_ROWS * columns * precision.bytes();
  }

  private int chunkValues(int chunk) {
    return Math.min(CHUNK_ROWS, rows - chunk * CHUNK_ROWS) * columns;
  }

  private ByteBuffer header() {
    return buffer(TABLE)
        .put(MAGIC)
        .putInt(VERSION)
        .putInt(precision.bytes())
        .putInt(rows)
        .putInt(columns)
        .flip();
  }

  private boolean hasHeader() throws IOException {
    if (channel.size() < data()) {
      return false;
    }
    return read(0, TABLE).equals(header());
  }

  private void clear() throws IOException {
    channel.truncate(0);
    write(0, header());
    write(data() - 1, buffer(1));
  }

  private void findChunks() throws IOException {
    ByteBuffer sums = read(TABLE, chunks() * Long.BYTES);
    for (int chunk = 0; chunk < chunks(); chunk++) {
      long sum = sums.getLong();
      int bytes = chunkValues(chunk) * precision.bytes();
      long from = data() + chunk * chunkBytes();
      if (sum != 0 && channel.size() >= from + bytes && sum == sum(read(from, bytes))) {
        missing.clear(chunk);
      }
    }
  }

  private static long sum(ByteBuffer bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes.duplicate());
    return PRESENT | crc.getValue();
  }

  /**
   * Writes a chunk.
   *
   * @param chunk its index
   * @param features its rows
   * @throws ProbeException if a feature is too great for the precision
   */
  void write(int chunk, float[][] features) throws IOException {
    ByteBuffer bytes = buffer(chunkValues(chunk) * precision.bytes());
    for (float[] row : features) {
      for (float value : row) {
        if (precision == FeaturePrecision.FLOAT16) {
          bytes.putShort(half(value));
        } else {
          bytes.putFloat(value);
        }
      }
    }
    bytes.flip();
    long sum = sum(bytes);
    write(data() + chunk * chunkBytes(), bytes);
    write(TABLE + (long) chunk * Long.BYTES, buffer(Long.BYTES).putLong(sum).flip());
    missing.clear(chunk);
  }

  private short half(float value) {
    short half = HalfFloats.toFloat16(value);
    if (Float.isInfinite(HalfFloats.fromFloat16(half)) && !Float.isInfinite(value)) {
      throw new ProbeException(
          "%s: expected features up to 65504 for float16, found %s; keep them as float32"
              .formatted(path, value));
    }
    return half;
  }

  /** Maps all rows into memory; the file may be closed, but not cut, while they are in use. */
  FeatureRows map() throws IOException {
    if (!missing.isEmpty()) {
      throw new IllegalStateException(path + ": expected all chunks, some are missing");
    }
    int perMap = (int) Math.max(1, LARGEST_MAP / chunkBytes());
    List<ByteBuffer> maps = new ArrayList<>();
    for (int chunk = 0; chunk < chunks(); chunk += perMap) {
      long from = data() + chunk * chunkBytes();
      long length = Math.min(perMap * chunkBytes(), channel.size() - from);
      maps.add(
          channel.map(FileChannel.MapMode.READ_ONLY, from, length).order(ByteOrder.LITTLE_ENDIAN));
    }
    int rowsPerMap = perMap * CHUNK_ROWS;
    int width = precision.bytes();
    return (row, from, length, to, at) -> {
      ByteBuffer map = maps.get(row / rowsPerMap);
      int first = (row % rowsPerMap * columns + from) * width;
      for (int i = 0; i < length; i++) {
        to[at + i] =
            width == Float.BYTES
                ? map.getFloat(first + i * Float.BYTES)
                : HalfFloats.fromFloat16(map.getShort(first + i * Short.BYTES));
      }
    };
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private ByteBuffer read(long from, int bytes) throws IOException {
    ByteBuffer buffer = buffer(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw new EOFException(path + ": expected more bytes; it was cut while it was read");
      }
    }
    return buffer.flip();
  }

  private void write(long from, ByteBuffer bytes) throws IOException {
    try {
      long at = from;
      while (bytes.hasRemaining()) {
        at += channel.write(bytes, at);
      }
    } catch (IOException e) {
      throw new IOException(
          "%s: can't be written (%s); what was computed before stays; make room and start again"
              .formatted(path, e.getMessage()),
          e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
