package ai.lacuna.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Where the records of one TFRecord file lie.
 *
 * <p>A record is its length as a little-endian u64, the masked CRC-32C of those eight bytes, the
 * data, and the masked CRC-32C of the data. The mask rotates right by 15 bits and adds a282ead8
 * (tensorflow/core/lib/hash/crc32c.h).
 *
 * @param offsets where the data of each record begins
 * @param lengths the bytes of data of each record
 */
@SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
record TfRecordFile(Path path, long[] offsets, int[] lengths) {
  private static final int HEADER = Long.BYTES + Integer.BYTES;
  private static final int FOOTER = Integer.BYTES;
  private static final int MASK_DELTA = 0xa282ead8;

  /**
   * Reads the lengths of all records and checks their checksums; the data is checked when read.
   *
   * @throws DataException if a length is damaged or the last record is cut
   */
  static TfRecordFile index(Path path) throws IOException {
    byte[] head = StandIn.refuse(path, "a TFRecord file");
    if (StandIn.isGzip(head)) {
      throw new DataException(
          path + ": expected an uncompressed TFRecord file, found a gzipped one; gunzip it");
    }
    long[] offsets = new long[16];
    int[] lengths = new int[16];
    int count = 0;
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      for (long at = 0; at < size; count++) {
        if (count == offsets.length) {
          offsets = Arrays.copyOf(offsets, 2 * count);
          lengths = Arrays.copyOf(lengths, 2 * count);
        }
        if (size - at < HEADER) {
          throw cut(path, count, "a header of 12 bytes", size - at);
        }
        offsets[count] = at + HEADER;
        lengths[count] = length(path, count, FileSlice.read(channel, path, at, HEADER));
        at += HEADER + (long) lengths[count] + FOOTER;
        if (at > size) {
          throw cut(
              path, count, lengths[count] + " bytes of data and a checksum", size - offsets[count]);
        }
      }
    }
    return new TfRecordFile(path, Arrays.copyOf(offsets, count), Arrays.copyOf(lengths, count));
  }

  private static int length(Path path, int record, byte[] header) {
    ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    long length = fields.getLong();
    int expected = fields.getInt();
    int found = maskedCrc(header, Long.BYTES);
    if (found != expected) {
      throw new DataException(
          ("%s, record %s: expected a length with checksum %08x, found %08x; the file is damaged or"
                  + " no TFRecord, fetch it again")
              .formatted(path, record, expected, found));
    }
    if (length < 0 || length > FileSlice.MAX_BYTES) {
      throw new DataException(
          "%s, record %s: expected at most %s bytes, found %s; take smaller images"
              .formatted(path, record, FileSlice.MAX_BYTES, Long.toUnsignedString(length)));
    }
    return (int) length;
  }

  private static DataException cut(Path path, int record, String expected, long found) {
    return new DataException(
        "%s, record %s: expected %s, found %s bytes; the file is cut, fetch it again"
            .formatted(path, record, expected, found));
  }

  int size() {
    return offsets.length;
  }

  /**
   * Reads the data of a record.
   *
   * @throws DataException if its checksum is wrong
   */
  byte[] read(int record) throws IOException {
    byte[] bytes = FileSlice.read(path, offsets[record], lengths[record] + FOOTER);
    byte[] data = Arrays.copyOf(bytes, lengths[record]);
    int expected = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(lengths[record]);
    int found = maskedCrc(data, data.length);
    if (found != expected) {
      throw new DataException(
          "%s, record %s: expected data with checksum %08x, found %08x; it is damaged, fetch it again"
              .formatted(path, record, expected, found));
    }
    return data;
  }

  /** The checksum of the first bytes of an array, rotated and shifted as TensorFlow does. */
  static int maskedCrc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
  }
}
