package ai.lacuna.data;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.zip.CRC32;

/**
 * Which files were found whole: a set of digests, 4 to 16 bytes for each file. Safe for several
 * threads. May forget a file, and mistakes one for another once in some hundred million times.
 */
final class KnownFiles {
  private static final int PROBES = 16;
  private static final int MOST = 1 << 26;
  private static final int DIGEST_BITS = 32;

  private final AtomicIntegerArray slots;

  /**
   * An empty set.
   *
   * @param files how many there may be
   */
  KnownFiles(int files) {
    int wanted = (int) Math.min(MOST, Math.max(PROBES, 2L * files));
    slots = new AtomicIntegerArray(Integer.highestOneBit(wanted - 1) << 1);
  }

  /** Its content and id in 64 bits, well mixed. */
  static long digest(EncodedImage file) {
    CRC32 crc = new CRC32();
    crc.update(file.bytes());
    long z = crc.getValue() << DIGEST_BITS ^ file.bytes().length ^ file.id() * 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L; // SplitMix64's finaliser.
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  boolean has(long digest) {
    for (int i = 0; i < PROBES; i++) {
      int there = slots.get(slot(digest, i));
      if (there == tag(digest)) {
        return true;
      }
      if (there == 0) {
        return false;
      }
    }
    return false;
  }

  void add(long digest) {
    for (int i = 0; i < PROBES; i++) {
      int there = slots.compareAndExchange(slot(digest, i), 0, tag(digest));
      if (there == 0 || there == tag(digest)) {
        return;
      }
    }
  }

  private int slot(long digest, int probe) {
    return ((int) digest + probe) & (slots.length() - 1);
  }

  /** Never 0, which is an empty slot. */
  private static int tag(long digest) {
    int high = (int) (digest >>> DIGEST_BITS);
    return high == 0 ? 1 : high;
  }
}
