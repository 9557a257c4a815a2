package ai.lacuna.weights;

import ai.lacuna.weights.PickleValue.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The layout of {@code torch.save} before version 1.6: a magic number, a version, facts about the
 * system, the object, the keys of its storages, each a pickle; then each storage, a 64-bit number
 * of elements and the elements.
 */
final class StackedPickles {
  private static final byte[] MAGIC = {
    (byte) 0x80,
    0x02,
    (byte) 0x8a,
    0x0a,
    0x6c,
    (byte) 0xfc,
    (byte) 0x9c,
    0x46,
    (byte) 0xf9,
    0x20,
    0x6a,
    (byte) 0xa8,
    0x50,
    0x19,
    '.'
  };

  private static final long VERSION = 1001;
  private static final int MAX_DEPTH = 64;
  private static final int MAX_PICKLES = 64 << 20;

  private final FileChannel channel;
  private final String where;
  private final @Nullable Object root;
  private final Map<String, Storage> storages;
  private final Map<String, Long> places = new HashMap<>();

  private StackedPickles(
      FileChannel channel, String where, @Nullable Object root, Map<String, Storage> storages) {
    this.channel = channel;
    this.where = where;
    this.root = root;
    this.storages = storages;
  }

  /** Whether a file begins with the magic number. */
  static boolean isOne(ByteBuffer start) {
    return start.remaining() >= MAGIC.length
        && start.slice(start.position(), MAGIC.length).equals(ByteBuffer.wrap(MAGIC));
  }

  /**
   * Reads all but the storages.
   *
   * @param channel the file; storages are read from it later
   */
  static StackedPickles read(FileChannel channel, PickleGlobals globals, String where)
      throws IOException {
    ByteBuffer in =
        channel.map(FileChannel.MapMode.READ_ONLY, 0, Math.min(channel.size(), MAX_PICKLES));
    in.position(MAGIC.length);
    Object version = Pickle.read(in, globals, where);
    Object system = Pickle.read(in, globals, where);
    boolean little =
        system instanceof Map<?, ?> facts && Boolean.TRUE.equals(facts.get("little_endian"));
    if (!Long.valueOf(VERSION).equals(version) || !little) {
      throw new WeightsException(
          where + ": expected version 1001 and little-endian numbers, found others");
    }
    Object root = Pickle.read(in, globals, where);
    Map<String, Storage> storages = new HashMap<>();
    StackedPickles pickles = new StackedPickles(channel, where, root, storages);
    pickles.collect(root, 0, Collections.newSetFromMap(new IdentityHashMap<>()));
    pickles.place(Pickle.read(in, globals, where), in.position());
    return pickles;
  }

  @Nullable Object root() {
    return root;
  }

  /** The storages that views name; the file's sizes must be theirs. */
  private void collect(@Nullable Object value, int depth, Set<Object> seen) {
    if (value instanceof PickleValue.TensorView view) {
      Storage storage = view.storage();
      Storage known = storages.putIfAbsent(storage.key(), storage);
      if (known != null && !known.equals(storage)) {
        throw damaged("expected one kind of storage " + storage.key());
      }
    } else if (depth < MAX_DEPTH && value instanceof Map<?, ?> map && seen.add(value)) {
      map.values().forEach(inner -> collect(inner, depth + 1, seen));
    } else if (depth < MAX_DEPTH && value instanceof List<?> list && seen.add(value)) {
      list.forEach(inner -> collect(inner, depth + 1, seen));
    } else if (depth < MAX_DEPTH && value instanceof PickleValue.Tuple tuple && seen.add(tuple)) {
      tuple.items().forEach(inner -> collect(inner, depth + 1, seen));
    }
  }

  /** Walks over the storages, which lie one after the other in the order of their keys. */
  private void place(@Nullable Object keys, long begin) throws IOException {
    if (!(keys instanceof List<?> list)) {
      throw damaged("expected the keys of its storages");
    }
    long at = begin;
    for (Object key : list) {
      Storage storage = storages.get(String.valueOf(key));
      if (storage == null || places.containsKey(storage.key())) {
        throw damaged("expected a storage that a tensor names, once");
      }
      ByteBuffer count = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      int read = 0;
      while (count.hasRemaining() && read >= 0) {
        read = channel.read(count, at + count.position());
      }
      long data = at + Long.BYTES;
      if (count.hasRemaining()
          || count.getLong(0) != storage.numel()
          || storage.bytes() > channel.size() - data) {
        throw damaged("expected a storage of " + storage.bytes() + " bytes");
      }
      places.put(storage.key(), data);
      at = data + storage.bytes();
    }
    if (at != channel.size()) {
      throw damaged("expected nothing behind its storages");
    }
  }

  /** The bytes of a storage. */
  ByteBuffer bytes(Storage storage) throws IOException {
    Long place = places.get(storage.key());
    if (place == null) {
      throw damaged("expected the storage of a tensor");
    }
    return storage.numel() == 0
        ? ByteBuffer.allocate(0)
        : channel.map(FileChannel.MapMode.READ_ONLY, place, storage.bytes());
  }

  private WeightsException damaged(String what) {
    return new WeightsException(
        where
            + ": "
            + PickleGlobals.printable(what)
            + ", found other bytes; it is damaged, download it again");
  }
}
