package ai.lacuna.data;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes samples into shards, in the layout of the WebDataset library, each synced when it is full.
 * The bytes are a function of the samples: members have no owner and no time.
 */
final class ShardWriter implements Closeable {
  private static final int BLOCK = 512;

  private final Path folder;
  private final Packing packing;
  private @Nullable Shard shard;
  private long images;
  private long bytes;
  private int shards;

  ShardWriter(Path folder, Packing packing) {
    this.folder = folder;
    this.packing = packing;
  }

  /** The shard that is being filled. */
  private static final class Shard implements Closeable {
    private final FileChannel channel;
    private final OutputStream buffer;
    private final TarArchiveOutputStream tar;
    private long bytes = 2 * BLOCK; // The end marker.
    private int images;

    Shard(Path file) throws IOException {
      channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
      buffer = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
      tar = new TarArchiveOutputStream(buffer, BLOCK, "UTF-8");
    }

    void add(String name, byte[] content) throws IOException {
      TarArchiveEntry entry = new TarArchiveEntry(name);
      entry.setSize(content.length);
      entry.setModTime(0);
      entry.setIds(0, 0);
      entry.setNames("", "");
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
      bytes += memberBytes(content.length);
    }

    void finish() throws IOException {
      tar.finish();
      buffer.flush();
      channel.force(true);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** With its header, and filled up to whole blocks. */
  private static long memberBytes(long length) {
    return BLOCK + (length + BLOCK - 1) / BLOCK * BLOCK;
  }

  /** Adds a sample; {@code suffix} is that of the image's kind. */
  void add(byte[] image, String suffix, int label) throws IOException {
    byte[] digits = Integer.toString(label).getBytes(StandardCharsets.US_ASCII);
    boolean labelled = label != Sample.NO_LABEL;
    long more = memberBytes(image.length) + (labelled ? memberBytes(digits.length) : 0);
    Shard open = shard;
    if (open != null
        && (open.images == packing.shardImages() || open.bytes + more > packing.shardBytes())) {
      finish();
      open = null;
    }
    if (open == null) {
      open = new Shard(folder.resolve(numbered("shard-%06d.tar", shards++)));
      shard = open;
    }
    String key = numbered("%08d.", images++);
    open.add(key + suffix, image);
    if (labelled) {
      open.add(key + "cls", digits);
    }
    open.images++;
  }

  /** In ASCII digits, whatever the user's language has. */
  private static String numbered(String format, long number) {
    return String.format(Locale.ROOT, format, number);
  }

  /** Ends the last shard; to be called when all samples are added. */
  void finish() throws IOException {
    if (shard != null) {
      shard.finish();
      bytes += shard.bytes;
      close();
    }
  }

  /** Closes the file of a shard that was not finished. */
  @Override
  public void close() throws IOException {
    if (shard != null) {
      shard.close();
      shard = null;
    }
  }

  long images() {
    return images;
  }

  long bytes() {
    return bytes;
  }

  int shards() {
    return shards;
  }
}
