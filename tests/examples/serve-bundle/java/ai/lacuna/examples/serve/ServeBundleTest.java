package ai.lacuna.examples.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeBundleTest {
  private static final String BUNDLE =
      Path.of(System.getProperty("lacuna.root", "."), "tests", "fixtures", "bundle-tiny")
          .toString();

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void printsThreeClassesOfEachImage(@TempDir Path folder) throws IOException {
    Path image = folder.resolve("white.png");
    BufferedImage picture = new BufferedImage(60, 40, BufferedImage.TYPE_INT_RGB);
    ImageIO.write(picture, "png", image.toFile());
    assertEquals(0, run(BUNDLE, image.toString(), image.toString()));
    String[] lines = text(out).split("\\R", -1);
    assertEquals(image.toString(), lines[0]);
    assertTrue(lines[1].matches(" +[0-9.,]+ %  [A-Z].*"), lines[1]);
    assertEquals(image.toString(), lines[4]);
    assertEquals(lines[1], lines[5]);
  }

  @Test
  void saysInOneLineWhatIsWrong(@TempDir Path folder) {
    assertEquals(2, run(folder.toString(), "image.png"));
    assertTrue(text(err).contains("a folder without one"), text(err));
    assertEquals(2, run(BUNDLE, folder.resolve("absent.png").toString()));
    assertTrue(text(err).contains("absent.png"), text(err));
    assertEquals(2, run());
    assertTrue(text(err).contains("usage: "), text(err));
  }

  private int run(String... args) {
    return ServeBundle.run(
        args,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}
