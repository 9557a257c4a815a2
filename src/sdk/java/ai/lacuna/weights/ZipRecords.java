package ai.lacuna.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * The records of a zip archive as PyTorch writes it: stored, each name once, one after the other.
 * Everything else that zip allows is refused, as are headers that disagree.
 *
 * <p>Layout: the .ZIP File Format Specification 6.3.10, PKWARE Inc.
 */
final class ZipRecords {
  private static final int END = 0x06054b50;
  private static final int END_64 = 0x06064b50;
  private static final int LOCATOR_64 = 0x07064b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int LOCAL = 0x04034b50;
  private static final int DESCRIPTOR = 0x08074b50;
  private static final int END_BYTES = 22;
  private static final int END_64_BYTES = 56;
  private static final int LOCATOR_64_BYTES = 20;
  private static final int CENTRAL_BYTES = 46;
  private static final int LOCAL_BYTES = 30;
  private static final int MAX_COMMENT = 0xffff;
  private static final long MAX_DIRECTORY = 64L << 20;
  private static final long ABSENT = 0xffffffffL;

  /** A record for each tensor: ten times what the largest networks have. */
  private static final int MAX_RECORDS = 100_000;

  /** Sizes behind the data instead of before it, and names in UTF-8. */
  private static final int FLAGS = 0x0808;

  private static final int SIZES_BEHIND = 0x08;

  private final FileChannel channel;
  private final String where;
  private int count;
  private long directoryStart;
  private final Map<String, Member> records = new LinkedHashMap<>();

  /** A record: where its header lies, where its data lies, and what its data must be. */
  private record Member(String name, int flags, long crc, long size, long header, long data) {
    Member at(long place) {
      return new Member(name, flags, crc, size, header, place);
    }
  }

  /**
   * Reads and checks the directory.
   *
   * @param channel the file; it stays open as long as records are read
   * @param where the file's name for messages
   * @throws WeightsException if the archive is not of that kind
   * @throws IOException if it can't be read
   */
  ZipRecords(FileChannel channel, String where) throws IOException {
    this.channel = channel;
    this.where = where;
    List<Member> central = central(directory());
    central.sort(Comparator.comparingLong(Member::header));
    long free = 0;
    for (Member record : central) {
      if (record.header() != free) {
        throw damaged(record.name() + ": expected its header at " + free + ", found another place");
      }
      Member placed = local(record);
      free = behind(placed);
      records.put(record.name(), placed);
    }
    if (free != directoryStart) {
      throw damaged("expected nothing between records and directory, found other bytes");
    }
  }

  /** Whether there is a record of that name. */
  boolean has(String name) {
    return records.containsKey(name);
  }

  /** All names, in the order of the file. */
  List<String> names() {
    return List.copyOf(records.keySet());
  }

  /**
   * Maps a record and checks its CRC-32.
   *
   * @param name its name
   * @return its bytes, read-only
   */
  ByteBuffer read(String name) throws IOException {
    Member record = records.get(name);
    if (record == null) {
      throw damaged("expected a record " + PickleGlobals.printable(name) + ", found none");
    }
    if (record.size() > Integer.MAX_VALUE) {
      throw damaged(name + ": expected at most 2^31-1 bytes, found " + record.size());
    }
    ByteBuffer bytes =
        record.size() == 0
            ? ByteBuffer.allocate(0)
            : channel.map(FileChannel.MapMode.READ_ONLY, record.data(), record.size());
    CRC32 crc = new CRC32();
    crc.update(bytes.duplicate());
    if (crc.getValue() != record.crc()) {
      throw damaged(
          "%s: expected the CRC-32 %08x, found %08x".formatted(name, record.crc(), crc.getValue()));
    }
    return bytes;
  }

  private ByteBuffer directory() throws IOException {
    long size = channel.size();
    int tail = (int) Math.min(size, END_BYTES + MAX_COMMENT);
    ByteBuffer end = at(size - tail, tail);
    int place = tail - END_BYTES;
    while (place >= 0
        && !(end.getInt(place) == END
            && (end.getShort(place + 20) & 0xffff) == tail - END_BYTES - place)) {
      place--;
    }
    if (place < 0) {
      throw damaged("expected the end of a zip archive, found none; it is cut short");
    }
    long endAt = size - tail + place;
    long count = end.getShort(place + 10) & 0xffff;
    long length = end.getInt(place + 12) & ABSENT;
    long start = end.getInt(place + 16) & ABSENT;
    boolean oneDisk =
        end.getShort(place + 4) == 0
            && end.getShort(place + 6) == 0
            && end.getShort(place + 8) == end.getShort(place + 10);
    long next = endAt;
    if (endAt >= LOCATOR_64_BYTES
        && at(endAt - LOCATOR_64_BYTES, LOCATOR_64_BYTES).getInt() == LOCATOR_64) {
      long wide = at(endAt - LOCATOR_64_BYTES + 8, Long.BYTES).getLong();
      next = wide;
      if (wide != endAt - LOCATOR_64_BYTES - END_64_BYTES || wide < 0) {
        throw damaged("expected its wide end before its end, found another place");
      }
      ByteBuffer end64 = at(wide, END_64_BYTES);
      if (end64.getInt(0) != END_64 || end64.getLong(24) != end64.getLong(32)) {
        throw damaged("expected its wide end, found other bytes");
      }
      requireAgreement(count, 0xffff, end64.getLong(32));
      requireAgreement(length, ABSENT, end64.getLong(40));
      requireAgreement(start, ABSENT, end64.getLong(48));
      count = end64.getLong(32);
      length = end64.getLong(40);
      start = end64.getLong(48);
    }
    if (!oneDisk
        || length < 0
        || start < 0
        || length > MAX_DIRECTORY
        || start != next - length
        || count < 1
        || count > MAX_RECORDS
        || count > length / CENTRAL_BYTES) {
      throw damaged("expected a directory just before the end, found other figures");
    }
    directoryStart = start;
    this.count = (int) count;
    return at(start, (int) length);
  }

  private void requireAgreement(long narrow, long absent, long wide) {
    if (narrow != absent && narrow != wide) {
      throw damaged("expected ends that agree, found " + narrow + " and " + wide);
    }
  }

  private List<Member> central(ByteBuffer in) {
    List<Member> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int at = in.position();
      if (in.remaining() < CENTRAL_BYTES || in.getInt(at) != CENTRAL) {
        throw damaged("expected " + count + " records in its directory, found " + i);
      }
      int flags = in.getShort(at + 8) & 0xffff;
      int method = in.getShort(at + 10) & 0xffff;
      long crc = in.getInt(at + 16) & ABSENT;
      long[] wide = {
        in.getInt(at + 24) & ABSENT, in.getInt(at + 20) & ABSENT, in.getInt(at + 42) & ABSENT
      };
      int nameLength = in.getShort(at + 28) & 0xffff;
      int extraLength = in.getShort(at + 30) & 0xffff;
      int commentLength = in.getShort(at + 32) & 0xffff;
      if (in.remaining() - CENTRAL_BYTES < nameLength + extraLength + commentLength
          || in.getShort(at + 34) != 0) {
        throw damaged("expected a whole directory, found one cut short");
      }
      String name = name(in.slice(at + CENTRAL_BYTES, nameLength));
      widen(in.slice(at + CENTRAL_BYTES + nameLength, extraLength), wide);
      if (name.contains("/code/") && name.endsWith(".py")) {
        throw new WeightsException(
            where
                + ": expected weights, found a TorchScript archive, which holds code; load it with"
                + " torch.jit.load in Python and save its state_dict()");
      }
      if (method != 0) { // torch.save packs nothing.
        throw new WeightsException(
            "%s: expected a file of torch.save, found a zip archive with %s packed; unpack it, and"
                    .formatted(where, name)
                + " give the checkpoint in it");
      }
      if ((flags & ~FLAGS) != 0 || wide[0] != wide[1]) {
        throw damaged(name + ": expected plain bytes, found them encrypted or of two sizes");
      }
      all.add(new Member(name, flags, crc, wide[0], wide[2], -1));
      in.position(at + CENTRAL_BYTES + nameLength + extraLength + commentLength);
    }
    if (in.hasRemaining()) {
      throw damaged("expected " + count + " records in its directory, found more bytes");
    }
    if (all.stream().map(Member::name).distinct().count() < all.size()) {
      throw damaged("expected each name once, found one twice");
    }
    return all;
  }

  /** Replaces 0xffffffff by the values of the zip64 field: size, packed size, place, in order. */
  private void widen(ByteBuffer extra, long[] values) {
    extra.order(ByteOrder.LITTLE_ENDIAN);
    while (extra.remaining() >= 4) {
      int id = extra.getShort() & 0xffff;
      int length = extra.getShort() & 0xffff;
      if (length > extra.remaining()) {
        break;
      }
      int end = extra.position() + length;
      if (id == 1) {
        for (int i = 0; i < values.length; i++) {
          if (values[i] == ABSENT && end - extra.position() >= Long.BYTES) {
            values[i] = extra.getLong();
          }
        }
      }
      extra.position(end);
    }
  }

  private String name(ByteBuffer bytes) {
    String name;
    try {
      name = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new WeightsException(where + ": expected names in UTF-8, found other bytes", e);
    }
    boolean slips =
        name.isEmpty()
            || name.startsWith("/")
            || name.contains("\\")
            || name.chars().anyMatch(c -> c < ' ')
            || List.of(name.split("/", -1)).contains("..");
    if (slips) {
      throw damaged("expected names within the archive, found " + PickleGlobals.printable(name));
    }
    return name;
  }

  /** Compares the header before the data with the directory. */
  private Member local(Member record) throws IOException {
    if (record.header() < 0
        || record.size() < 0
        || record.header() > directoryStart - LOCAL_BYTES
        || record.size() > directoryStart) {
      throw damaged(record.name() + ": expected a place within the file, found another");
    }
    ByteBuffer header = at(record.header(), LOCAL_BYTES);
    int nameLength = header.getShort(26) & 0xffff;
    int extraLength = header.getShort(28) & 0xffff;
    long data = record.header() + LOCAL_BYTES + nameLength + extraLength;
    if (data > directoryStart - record.size()) {
      throw damaged(record.name() + ": expected data within the file, found less");
    }
    ByteBuffer rest = at(record.header() + LOCAL_BYTES, nameLength + extraLength);
    long[] sizes = {header.getInt(22) & ABSENT, header.getInt(18) & ABSENT};
    long crc = header.getInt(14) & ABSENT;
    String name = name(rest.slice(0, nameLength));
    widen(rest.slice(nameLength, extraLength), sizes);
    boolean behind = (record.flags() & SIZES_BEHIND) != 0;
    boolean same =
        header.getInt(0) == LOCAL
            && (header.getShort(6) & 0xffff) == record.flags()
            && header.getShort(8) == 0
            && name.equals(record.name())
            && agrees(crc, record.crc(), behind)
            && agrees(sizes[0], record.size(), behind)
            && agrees(sizes[1], record.size(), behind);
    if (!same) {
      throw damaged(record.name() + ": expected the header that the directory has, found another");
    }
    return record.at(data);
  }

  private static boolean agrees(long found, long expected, boolean behind) {
    return found == expected || (behind && found == 0);
  }

  /** Where the next record begins. */
  private long behind(Member record) throws IOException {
    long end = record.data() + record.size();
    if ((record.flags() & SIZES_BEHIND) == 0) {
      return end;
    }
    ByteBuffer descriptor = at(end, (int) Math.min(24, directoryStart - end));
    if (descriptor.remaining() >= 16
        && descriptor.getInt(0) == DESCRIPTOR
        && (descriptor.getInt(4) & ABSENT) == record.crc()) {
      if (descriptor.remaining() >= 24
          && descriptor.getLong(8) == record.size()
          && descriptor.getLong(16) == record.size()) {
        return end + 24;
      }
      if ((descriptor.getInt(8) & ABSENT) == record.size()
          && (descriptor.getInt(12) & ABSENT) == record.size()) {
        return end + 16;
      }
    }
    throw damaged(record.name() + ": expected its size and CRC-32 behind it, found other bytes");
  }

  private ByteBuffer at(long place, int length) throws IOException {
    if (place < 0 || length < 0 || place > channel.size() - length) {
      throw damaged("expected a whole archive, found one cut short");
    }
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    long at = place;
    while (bytes.hasRemaining()) {
      int read = channel.read(bytes, at);
      if (read < 0) {
        throw damaged("expected a whole archive, found one cut short");
      }
      at += read;
    }
    return bytes.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  private WeightsException damaged(String what) {
    return new WeightsException(
        where + ": " + what + "; it is damaged or not a PyTorch checkpoint, download it again");
  }
}
