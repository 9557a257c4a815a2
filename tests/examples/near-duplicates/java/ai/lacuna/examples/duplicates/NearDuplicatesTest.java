package ai.lacuna.examples.duplicates;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NearDuplicatesTest {
  private static final String BUNDLE =
      Path.of(System.getProperty("lacuna.root", "."), "tests", "fixtures", "bundle-tiny")
          .toString();

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void findsACopyOfAnotherSizeAndNamesTheDamagedFile(@TempDir Path folder) throws IOException {
    ImageIO.write(picture(80, 1, true), "png", folder.resolve("a.png").toFile());
    ImageIO.write(picture(120, 1, true), "jpg", folder.resolve("sub.jpg").toFile());
    ImageIO.write(picture(80, 5, false), "png", folder.resolve("other.PNG").toFile());
    Files.writeString(folder.resolve("broken.png"), "no image");
    Files.writeString(folder.resolve("notes.txt"), "no image either");
    assertEquals(0, run(BUNDLE, folder.toString(), "0.999"));
    List<String> lines = text(out).lines().toList();
    assertEquals(1, lines.size(), text(out));
    assertTrue(lines.get(0).matches("(1.0000|0.999.)  .*a.png  .*sub.jpg"), lines.get(0));
    assertTrue(text(err).contains("broken.png"), text(err));
    assertTrue(!text(err).contains("notes.txt"), text(err));
  }

  @Test
  void saysInOneLineWhatIsWrong(@TempDir Path folder) {
    assertEquals(2, run(folder.toString(), folder.toString()));
    assertTrue(text(err).contains("a folder without one"), text(err));
    for (String[] args :
        new String[][] {
          {BUNDLE},
          {BUNDLE, folder.resolve("none").toString()},
          {BUNDLE, folder.toString(), "much"},
          {BUNDLE, folder.toString(), "0.9", "more"}
        }) {
      err.reset();
      assertEquals(2, run(args));
      assertEquals(1, text(err).lines().count(), text(err));
      assertTrue(text(err).startsWith("usage: NearDuplicates BUNDLE FOLDER"), text(err));
    }
  }

  /** Stripes, along or across. */
  private static BufferedImage picture(int side, int stripes, boolean along) {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = image.createGraphics();
    canvas.setColor(Color.WHITE);
    int step = side / (2 * stripes);
    for (int i = 0; i < stripes; i++) {
      if (along) {
        canvas.fillRect(0, 2 * i * step, side, step);
      } else {
        canvas.fillRect(2 * i * step, 0, step, side);
      }
    }
    canvas.dispose();
    return image;
  }

  private int run(String... args) {
    return NearDuplicates.run(
        args,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}
