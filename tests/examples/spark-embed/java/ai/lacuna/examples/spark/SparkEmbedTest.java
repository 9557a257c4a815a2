package ai.lacuna.examples.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
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
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

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
    try (SparkSession spark = session();
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

  @Test
  void countsInOneNotationAndSaysWhatIsTooLong() throws IOException {
    Path input = Files.createDirectories(folder.resolve("large"));
    // Black: 5,000 x 5,000 pixels of 3 bytes.
    try (RandomAccessFile bmp = new RandomAccessFile(input.resolve("large.bmp").toFile(), "rw")) {
      bmp.write(bmpHeader(5000, 5000));
      bmp.setLength(54 + 3 * 5000 * 5000);
    }
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try (SparkSession spark = session()) {
      String output = folder.resolve("output").toString();
      assertEquals(0, run(spark, zip().toString(), input.toString(), output), text(err));
      assertTrue(
          text(out).matches("1 images in [0-9]+\\.[0-9] s, [0-9]+ a second; 1 could .*\\R"),
          text(out));
      Row row = spark.read().parquet(output).first();
      assertTrue(row.getString(2).contains("large.bmp: expected at most 64 MiB"), row.toString());
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void saysInOneLineWhatIsWrongAndKeepsWhatIsThere() throws IOException {
    String input = folder.resolve("input").toString();
    Path output = Files.createDirectories(folder.resolve("output"));
    Path kept = Files.writeString(output.resolve("kept"), "");
    Path noBundle = Files.writeString(folder.resolve("no-bundle.zip"), "text");
    Path cut = Files.createDirectories(folder.resolve("cut"));
    Path tar = folder.resolve("input/sub/shard-0.tar");
    Files.write(cut.resolve("a.tar"), Arrays.copyOf(Files.readAllBytes(tar), 700));
    String bundle = zip().toString();
    try (SparkSession spark = session()) {
      String absent = folder.resolve("absent").toString();
      assertRefused(spark, "absent", absent, input, output.toString());
      assertRefused(spark, "no zip", noBundle.toString(), input, output.toString());
      assertRefused(spark, "absent", bundle, absent, output.toString());
      assertRefused(spark, "that holds it", bundle, input, folder.toString());
      assertTrue(Files.exists(kept) && Files.exists(Path.of(input)));
      spark.sparkContext().setLogLevel("OFF"); // Spark logs what tasks throw.
      // Found by a task, after the output's folder was cleared.
      assertRefused(
          spark, "a.tar: expected a whole tar", bundle, cut.toString(), output.toString());
    }
  }

  private void assertRefused(SparkSession spark, String why, String... args) {
    err.reset();
    assertEquals(2, run(spark, args));
    assertEquals(1, text(err).lines().count(), text(err));
    assertTrue(text(err).contains(why), text(err));
  }

  private int run(SparkSession spark, String... args) {
    return SparkEmbed.run(
        spark,
        args,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }

  private static SparkSession session() {
    return SparkSession.builder()
        .master("local[2]")
        .config("spark.ui.enabled", false)
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate();
  }

  private static byte[] bmpHeader(int width, int height) {
    ByteBuffer header = ByteBuffer.allocate(54).order(ByteOrder.LITTLE_ENDIAN);
    header.put((byte) 'B').put((byte) 'M').putInt(54 + 3 * width * height).putInt(0).putInt(54);
    header.putInt(40).putInt(width).putInt(height).putShort((short) 1).putShort((short) 24);
    return header.array();
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
