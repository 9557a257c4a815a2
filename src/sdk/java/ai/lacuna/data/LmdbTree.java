package ai.lacuna.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the entries of an LMDB file without mapping it.
 *
 * <p>LMDB itself trusts its file: bits that flipped in a page, or a file shorter than its pages
 * say, end the process with a signal. So this reads the tree's pages one by one, and checks each
 * number in them before it is used.
 *
 * <p>The format is that of LMDB 0.9 on 64-bit little-endian machines, data version 1 (mdb.c of
 * OpenLDAP): pages 0 and 1 hold the same meta data, of which that with the greater transaction
 * number counts; a page is a header of 16 bytes, offsets of nodes from the front, nodes from the
 * back. Values that do not fit lie in runs of pages of their own, behind one header.
 */
final class LmdbTree {
  /**
   * One entry.
   *
   * @param offset where its value begins in the file
   * @param length the bytes of the value
   */
  @SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
  record Entry(byte[] key, long offset, int length) {}

  private static final int MAGIC = 0xbeefc0de;
  private static final int VERSION = 1;
  private static final int HEADER = 16;
  private static final int NODE_HEADER = 8;
  private static final int MAIN_DB = 88;
  private static final int META_END = 152;
  private static final int BRANCH = 0x01;
  private static final int LEAF = 0x02;
  private static final int OVERFLOW = 0x04;
  private static final int META = 0x08;
  private static final int DUPLICATES = 0x04;
  private static final int BIG_DATA = 0x01;
  private static final int DEEPEST = 32;
  private static final long NO_PAGE = -1;

  private final Path path;
  private final FileChannel channel;
  private final long length;
  private final List<Entry> entries = new ArrayList<>();
  private int pageSize;
  private long lastPage;
  private long pagesRead;

  private LmdbTree(Path path, FileChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    this.length = channel.size();
  }

  /**
   * Reads the keys of the unnamed database, and where their values lie, in the order of the keys.
   *
   * @throws DataException if the file is no LMDB file, is cut or damaged, or holds named databases
   *     or several values for a key
   */
  static List<Entry> read(Path path) throws IOException {
    StandIn.refuse(path, "an LMDB file");
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      LmdbTree tree = new LmdbTree(path, channel);
      ByteBuffer meta = tree.meta();
      long root = meta.getLong(MAIN_DB + 40);
      long count = meta.getLong(MAIN_DB + 32);
      int depth = Short.toUnsignedInt(meta.getShort(MAIN_DB + 6));
      if ((meta.getShort(MAIN_DB + 4) & DUPLICATES) != 0) {
        throw tree.unsupported("several values for a key");
      }
      if (root != NO_PAGE) {
        tree.require(depth >= 1 && depth <= DEEPEST, "a tree of depth " + depth);
        tree.walk(root, depth);
      }
      tree.require(tree.entries.size() == count, tree.entries.size() + " entries of " + count);
      return tree.entries;
    }
  }

  /** The newer of the two meta pages, with the size of pages and the number of the last one. */
  private ByteBuffer meta() throws IOException {
    if (length < META_END) {
      throw notLmdb();
    }
    ByteBuffer first = bytes(0, META_END);
    requireMeta(first);
    pageSize = first.getInt(40);
    if (pageSize < 512 || pageSize > 65_536 || Integer.bitCount(pageSize) != 1) {
      throw damaged("pages of " + pageSize + " bytes");
    }
    require(length >= 2L * pageSize, "fewer than two pages");
    ByteBuffer second = bytes(pageSize, META_END);
    requireMeta(second);
    ByteBuffer newer = second.getLong(144) > first.getLong(144) ? second : first;
    lastPage = newer.getLong(136);
    if (lastPage < 1 || lastPage >= length / pageSize) {
      throw new DataException(
          "%s: expected %s pages of %s bytes, found a file of %s bytes; it is cut, fetch it again"
              .formatted(path, Long.toUnsignedString(lastPage + 1), pageSize, length));
    }
    return newer;
  }

  private void requireMeta(ByteBuffer page) {
    if (page.getInt(HEADER) != MAGIC || (page.getShort(10) & META) == 0) {
      throw notLmdb();
    }
    if (page.getInt(HEADER + 4) != VERSION) {
      throw unsupported("data version " + page.getInt(HEADER + 4));
    }
  }

  private void walk(long number, int depth) throws IOException {
    // A sound tree has each page once, so that one which does not end is noticed here.
    require(++pagesRead <= lastPage, "a tree with loops");
    ByteBuffer page = page(number, pageSize);
    int flags = page.getShort(10);
    require(
        (flags & (BRANCH | LEAF | OVERFLOW | META)) == (depth > 1 ? BRANCH : LEAF), "no such page");
    int lower = Short.toUnsignedInt(page.getShort(12));
    require(lower >= HEADER && lower <= pageSize, "a page with a wrong end");
    for (int at = HEADER; at < lower - 1; at += Short.BYTES) {
      int node = Short.toUnsignedInt(page.getShort(at));
      require(node >= lower && node + NODE_HEADER <= pageSize, "a node outside its page");
      if (depth > 1) {
        long child =
            Short.toUnsignedLong(page.getShort(node))
                | Short.toUnsignedLong(page.getShort(node + 2)) << 16
                | Short.toUnsignedLong(page.getShort(node + 4)) << 32;
        walk(child, depth - 1);
      } else {
        leaf(page, number, node);
      }
    }
  }

  private void leaf(ByteBuffer page, long number, int node) throws IOException {
    long size =
        Short.toUnsignedLong(page.getShort(node))
            | Short.toUnsignedLong(page.getShort(node + 2)) << 16;
    int flags = page.getShort(node + 4);
    int keySize = Short.toUnsignedInt(page.getShort(node + 6));
    int data = node + NODE_HEADER + keySize;
    if ((flags & ~BIG_DATA) != 0) {
      throw unsupported("a named database");
    }
    boolean big = flags == BIG_DATA;
    require(data + (big ? Long.BYTES : size) <= pageSize, "an entry that leaves its page");
    byte[] key = new byte[keySize];
    page.get(node + NODE_HEADER, key);
    long offset = number * pageSize + data;
    if (big) {
      long first = page.getLong(data);
      long pages = (HEADER + size + pageSize - 1) / pageSize;
      ByteBuffer overflow = page(first, HEADER);
      require((overflow.getShort(10) & OVERFLOW) != 0, "a value that is none");
      require(overflow.getInt(12) >= pages && first + pages - 1 <= lastPage, "a value that is cut");
      offset = first * pageSize + HEADER;
    }
    require(size <= FileSlice.MAX_BYTES, "a value of " + size + " bytes");
    entries.add(new Entry(key, offset, (int) size));
  }

  /** Reads the beginning of a page, which knows its own number. */
  private ByteBuffer page(long number, int count) throws IOException {
    require(number >= 2 && number <= lastPage, "page " + Long.toUnsignedString(number));
    ByteBuffer page = bytes(number * pageSize, count);
    require(page.getLong(0) == number, "page " + page.getLong(0) + " at " + number);
    return page;
  }

  private ByteBuffer bytes(long offset, int count) throws IOException {
    return ByteBuffer.wrap(FileSlice.read(channel, path, offset, count))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private void require(boolean sound, String found) {
    if (!sound) {
      throw damaged(found);
    }
  }

  private DataException damaged(String found) {
    return new DataException(
        "%s: expected a sound LMDB file, found %s; fetch it again".formatted(path, found));
  }

  private DataException unsupported(String found) {
    return new DataException(
        "%s: expected one unnamed database of images, LMDB 0.9, found %s; write it so"
            .formatted(path, found));
  }

  private DataException notLmdb() {
    return new DataException(
        path + ": expected an LMDB file of a 64-bit machine, found other data; check what it is");
  }
}
