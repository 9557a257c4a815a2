package ai.lacuna.examples.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SparkEmbedTest {
  private static final Path BUNDLE =
      Path.of(System.getProperty("lacuna.root", "."), "tests", "fixtures", "bundle-tiny");

  /** Batches differ in size, and with them the order of sums. */
  private static final double ROUNDING = 1e-5;

  private static final int FILES = 150;
  private static final int MEMBERS = 30;

  private final Path folder;
  private final Map<String, byte[]> images = new HashMap<>();

  SparkEmbedTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    Path input = Files.createDirectories(folder.resolve("input/sub"));
    for (int i = 0; i < FILES; i++) {
      byte[] png = png(i);
      images.put("file-" + i + ".png", png);
      Files.write(input.resolve((i % 2 == 0 ? "" : "../") + "file-" + i + ".png"), png);
    }
    Files.writeString(input.resolve("broken.png"), "no image");
    Files.writeString(input.resolve("notes.txt"), "no image either");
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(Files.newOutputStream(input.resolve("shard-0.tar")))) {
      for (int i = 0; i < MEMBERS; i++) {
        byte[] png = png(1000 + i);
        images.put("member-" + i + ".png", png);
        add(tar, "member-" + i + ".png", png);
        add(tar, "member-" + i + ".cls", new byte[] {'7'});
      }
    }
  }

  @Test
  void embedsFilesAndShardsAndNamesWhatItCannotRead() throws IOException {
    Path output = folder.resolve("output");
    try (SparkSession spark =
            SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", false)
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.driver.host", "127.0.0.1")
                .getOrCreate();
        OnnxEncoder encoder = OnnxEncoder.open(BUNDLE)) {
      String input = folder.resolve("input").toString();
      SparkEmbed.run(spark, zip().toString(), input, output.toString());
      // Again over what is there: the same rows, not twice as many.
      SparkEmbed.run(spark, zip().toString(), input, output.toString());
      List<Row> rows = spark.read().parquet(output.toString()).collectAsList();
      assertEquals(FILES + MEMBERS + 1, rows.size());
      for (Row row : rows) {
        String name = row.getString(0).replaceAll(".*[/!]", "");
        if (name.equals("broken.png")) {
          assertTrue(row.isNullAt(1) && row.getString(2).contains("broken.png"), row.toString());
          continue;
        }
        assertTrue(row.isNullAt(2), row.toString());
        byte[] image = images.remove(name);
        assertTrue(image != null, name + " is there once");
        float[] expected = encoder.embed(Pixels.read(image, name));
        List<Float> found = row.getList(1);
        assertEquals(expected.length, found.size());
        for (int k = 0; k < expected.length; k++) {
          assertEquals(expected[k], found.get(k), ROUNDING);
        }
      }
      assertEquals(Map.of(), images);
    }
  }

  private static byte[] png(long seed) throws IOException {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(seed);
    for (int i = 0; i < 16; i++) {
      int rgb = random.nextInt();
      for (int k = 0; k < 64; k++) {
        image.setRGB(i % 4 * 8 + k % 8, i / 4 * 8 + k / 8, rgb);
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    return bytes.toByteArray();
  }

  private static void add(TarArchiveOutputStream tar, String name, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes.length);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  private Path zip() throws IOException {
    Path file = folder.resolve("bundle.zip");
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out);
        Stream<Path> files = Files.list(BUNDLE)) {
      for (Path each : files.toList()) {
        zip.putNextEntry(new ZipEntry(String.valueOf(each.getFileName())));
        Files.copy(each, zip);
      }
    }
    return file;
  }
}
