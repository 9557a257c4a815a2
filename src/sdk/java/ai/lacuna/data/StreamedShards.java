package ai.lacuna.data;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Shards of which at least one is gzipped, and so is read in its order. */
final class StreamedShards implements AnnotatedDataset {
  private static final int WINDOW_BYTES = 64 << 20;
  private static final int WINDOWS = 2;

  private final Shards shards;
  private final ArrayDeque<Window> windows = new ArrayDeque<>();

  StreamedShards(Shards shards) {
    this.shards = shards;
  }

  /** Images that lie behind one another in a shard. */
  private record Window(int first, List<EncodedImage> images) {
    boolean has(int index) {
      return index >= first && index < first + images.size();
    }

    EncodedImage image(int index) {
      return images.get(index - first);
    }
  }

  Shards shards() {
    return shards;
  }

  @Override
  public int size() {
    return shards.size();
  }

  @Override
  public synchronized EncodedImage encoded(int index) throws IOException {
    int shard = shards.shardOf(index);
    for (Window window : windows) {
      if (window.has(index)) {
        return window.image(index);
      }
    }
    Window read = window(shard, index);
    windows.addFirst(read);
    if (windows.size() > WINDOWS) {
      windows.removeLast();
    }
    return read.image(index);
  }

  /** Windows begin at fixed places, so that neighbours ask for the same one. */
  private Window window(int shard, int index) throws IOException {
    int first = shards.first(shard);
    int end = first;
    long bytes = 0;
    for (int i = shards.first(shard); i < shards.first(shard + 1); i++, end++) {
      bytes += shards.member(i).length();
      if (bytes > WINDOW_BYTES && end > first) {
        if (index < end) {
          break;
        }
        first = i;
        bytes = shards.member(i).length();
      }
    }
    List<EncodedImage> images = new ArrayList<>(end - first);
    try (ShardReader reader = new ShardReader(shards, shard)) {
      while (reader.index() < first) {
        reader.skip();
      }
      while (reader.index() < end) {
        images.add(reader.next());
      }
    }
    return new Window(first, images);
  }

  @Override
  public int label(int index) {
    return shards.member(index).label();
  }

  @Override
  public Annotation annotation(int index) {
    return shards.annotation(index);
  }

  @Override
  public String where(int index) {
    return shards.where(index);
  }

  @Override
  public List<String> classNames() {
    return shards.classNames();
  }

  @Override
  public String name() {
    return shards.name();
  }

  @Override
  public String fingerprint() throws IOException {
    return shards.fingerprint();
  }
}
