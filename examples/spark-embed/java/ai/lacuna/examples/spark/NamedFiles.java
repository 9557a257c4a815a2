package ai.lacuna.examples.spark;

import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.ArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/** Image files one after the other, from wherever Hadoop reads, the members of tar shards too. */
final class NamedFiles {
  private static final Pattern IMAGE = Pattern.compile(".*\\.(jpe?g|png|webp|gif|bmp|tiff?)");
  static final int MAX_BYTES = 64 << 20;

  private final Iterator<Row> paths;
  private @Nullable TarArchiveInputStream shard;
  private String shardName = "";

  NamedFiles(Iterator<Row> paths) {
    this.paths = paths;
  }

  /**
   * Name and bytes of the next image, if there is one; files of other kinds are passed over, and of
   * one that is too long there is one byte more than may be.
   */
  Optional<Map.Entry<String, byte[]>> next() throws IOException {
    while (shard != null || paths.hasNext()) {
      if (shard != null) {
        Optional<Map.Entry<String, byte[]>> member = member(shard);
        if (member.isPresent()) {
          return member;
        }
        shard = null;
        continue;
      }
      String path = paths.next().getString(0);
      if (path.endsWith(".tar")) {
        shardName = path;
        shard = new TarArchiveInputStream(open(path));
      } else if (isImage(path)) {
        try (InputStream in = open(path)) {
          return Optional.of(Map.entry(path, in.readNBytes(MAX_BYTES + 1)));
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Map.Entry<String, byte[]>> member(TarArchiveInputStream tar) throws IOException {
    try {
      for (ArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        if (!entry.isDirectory() && isImage(entry.getName())) {
          byte[] bytes = tar.readNBytes(MAX_BYTES + 1);
          return Optional.of(Map.entry(shardName + "!" + entry.getName(), bytes));
        }
      }
      tar.close();
      return Optional.empty();
    } catch (IOException e) { // Which says nothing of the file.
      throw new IOException(
          shardName + ": expected a whole tar, found damage: " + e.getMessage(), e);
    }
  }

  private static InputStream open(String path) throws IOException {
    Path file = new Path(path);
    return file.getFileSystem(SparkHadoopUtil.get().conf()).open(file);
  }

  private static boolean isImage(String name) {
    return IMAGE.matcher(name.toLowerCase(Locale.ROOT)).matches();
  }
}
