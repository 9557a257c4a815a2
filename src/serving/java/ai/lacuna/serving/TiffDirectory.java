package ai.lacuna.serving;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The tags of the first directory of a TIFF file, or of an EXIF block, which is one; anything
 * missing or malformed reads as absent.
 */
final class TiffDirectory {
  private static final int[] NONE = {};
  private static final int BYTE = 1;
  private static final int SHORT = 3;
  private static final int LONG = 4;

  private final ByteBuffer in;

  /** Reads from the start of the buffer. */
  TiffDirectory(ByteBuffer tiff) {
    in = tiff.slice();
    if (in.limit() >= 2) {
      in.order(in.getShort(0) == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    }
  }

  /** The first value of a tag, or another number if it has none. */
  int first(int tag, int otherwise) {
    int[] values = values(tag);
    return values.length == 0 ? otherwise : values[0];
  }

  /** The values of a tag of bytes, shorts or longs. */
  int[] values(int tag) {
    if (in.limit() < 8) {
      return NONE;
    }
    long directory = in.getInt(4) & 0xffffffffL;
    if (directory + 2 > in.limit()) {
      return NONE;
    }
    int entries = in.getShort((int) directory) & 0xffff;
    for (int i = 0; i < entries; i++) {
      long entry = directory + 2 + 12L * i;
      if (entry + 12 > in.limit()) {
        return NONE;
      }
      if ((in.getShort((int) entry) & 0xffff) == tag) {
        return values((int) entry, in.getShort((int) entry + 2));
      }
    }
    return NONE;
  }

  private int[] values(int entry, int type) {
    int size = type == BYTE ? 1 : type == SHORT ? 2 : type == LONG ? 4 : 0;
    long bytes = size * (in.getInt(entry + 4) & 0xffffffffL);
    long at = bytes <= 4 ? entry + 8 : in.getInt(entry + 8) & 0xffffffffL;
    if (size == 0 || at + bytes > in.limit()) {
      return NONE;
    }
    int[] values = new int[(int) (bytes / size)];
    for (int i = 0; i < values.length; i++) {
      int from = (int) at + i * size;
      values[i] =
          switch (type) {
            case BYTE -> in.get(from) & 0xff;
            case SHORT -> in.getShort(from) & 0xffff;
            default -> in.getInt(from);
          };
    }
    return values;
  }
}
