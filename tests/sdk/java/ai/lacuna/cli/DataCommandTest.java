package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCommandTest {
  private final Path root;

  DataCommandTest(@TempDir Path root) {
    this.root = root;
  }

  @Test
  void endsWithZeroWhenThereIsNothingToMend() {
    CommandLineRun run = CommandLineRun.of("data", "check", "fashion-mnist-sample");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("10 of 400 images"), run.out());
    assertTrue(run.out().contains("nothing to mend"), run.out());
  }

  @Test
  void endsWithTwoAndListsWhatItFound() throws IOException {
    Path data = Files.createDirectories(root.resolve("data"));
    Path shirts = Files.createDirectories(data.resolve("shirt"));
    image(shirts.resolve("1.png"), 0x336699);
    image(shirts.resolve("2.png"), 0x336699);
    Files.write(shirts.resolve("3.png"), new byte[0]);
    Path json = root.resolve("report.json");
    CommandLineRun run =
        CommandLineRun.of(
            "data", "check", data.toString(), "--json", json.toString(), "--image-size", "8x16");
    assertEquals(2, run.code(), run.err());
    assertTrue(run.out().contains("shirt/1.png = shirt/2.png"), run.out());
    assertTrue(run.out().contains("3.png: expected an image, found an empty file"), run.out());
    assertTrue(run.out().contains("too small: 2"), run.out());
    assertEquals(
        1,
        JsonParser.parseString(Files.readString(json))
            .getAsJsonObject()
            .getAsJsonArray("duplicates")
            .size());
  }

  @Test
  void namesWithLineBreaksTakeOneLine() throws IOException {
    Path shirts = Files.createDirectories(root.resolve("data/shirt"));
    image(shirts.resolve("1.png"), 0x336699);
    image(shirts.resolve("2\n.png"), 0x336699);
    Files.write(shirts.resolve("3\u001b[31m\n.png"), new byte[0]);
    CommandLineRun run = CommandLineRun.of("data", "check", root.resolve("data").toString());
    assertTrue(run.out().contains("shirt/1.png = shirt/2?.png\n"), run.out());
    assertTrue(run.out().contains("3?[31m?.png: expected an image, found"), run.out());
  }

  @Test
  void columnsAreAsWideAsTheirSizes() throws IOException {
    for (String part : new String[] {"train", "test"}) {
      for (int i = 0; i < 5; i++) {
        Path in = Files.createDirectories(root.resolve("photos").resolve(part).resolve("a"));
        BufferedImage image = new BufferedImage(1000, 101 + i, BufferedImage.TYPE_BYTE_GRAY);
        assertTrue(ImageIO.write(image, "png", in.resolve(i + ".png").toFile()));
      }
    }
    CommandLineRun run = CommandLineRun.of("data", "check", root.resolve("photos").toString());
    List<String> lines = run.out().lines().toList();
    String sizes = "101 x 1000: 1, 102 x 1000: 1, 103 x 1000: 1, 2 more";
    int test = lines.get(0).indexOf("test");
    assertEquals("  height x width   " + sizes + "  " + sizes, lines.get(3));
    assertEquals(lines.get(3).lastIndexOf(sizes), test, run.out());
    assertEquals(lines.get(1).lastIndexOf('5'), test, run.out());
  }

  @Test
  void refusesWrongWords() {
    MainTest.assertOneLine(
        CommandLineRun.of("data"), "data: expected a verb, check or pack, found none;");
    assertEquals(2, CommandLineRun.of("data", "check").code());
    CommandLineRun size =
        CommandLineRun.of("data", "check", "fashion-mnist-sample", "--image-size", "8by8");
    assertEquals(2, size.code());
    assertTrue(size.err().contains("160x320"), size.err());
  }

  private static void image(Path file, int rgb) throws IOException {
    BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 64; i++) {
      image.setRGB(i % 8, i / 8, rgb);
    }
    assertTrue(ImageIO.write(image, "png", file.toFile()));
  }
}
