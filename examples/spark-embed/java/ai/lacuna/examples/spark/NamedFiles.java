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
  private static final int MAX_BYTES = 64 << 20;

  private final Iterator<Row> paths;
  private @Nullable TarArchiveInputStream shard;
  private String shardName = "";

  NamedFiles(Iterator<Row> paths) {
    this.paths = paths;
  }

  /** Name and bytes of the next image, if there is one; files of other kinds are passed over. */
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
          return Optional.of(Map.entry(path, in.readNBytes(MAX_BYTES)));
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Map.Entry<String, byte[]>> member(TarArchiveInputStream tar) throws IOException {
    for (ArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      if (!entry.isDirectory() && isImage(entry.getName())) {
        return Optional.of(Map.entry(shardName + "!" + entry.getName(), tar.readNBytes(MAX_BYTES)));
      }
    }
    tar.close();
    return Optional.empty();
  }

  private static InputStream open(String path) throws IOException {
    Path file = new Path(path);
    return file.getFileSystem(SparkHadoopUtil.get().conf()).open(file);
  }

  private static boolean isImage(String name) {
    return IMAGE.matcher(name.toLowerCase(Locale.ROOT)).matches();
  }
}
