package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
