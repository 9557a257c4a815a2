package ai.lacuna.examples.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeBundleTest {
  private static final String BUNDLE =
      Path.of(System.getProperty("lacuna.root", "."), "tests", "fixtures", "bundle-tiny")
          .toString();

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private final Locale before = Locale.getDefault();

  @BeforeEach
  void speakGerman() {
    Locale.setDefault(Locale.GERMANY);
  }

  @AfterEach
  void speakAsBefore() {
    Locale.setDefault(before);
  }

  @Test
  void printsThreeClassesOfEachImage(@TempDir Path folder) throws IOException {
    Path image = folder.resolve("white.png");
    BufferedImage picture = new BufferedImage(60, 40, BufferedImage.TYPE_INT_RGB);
    ImageIO.write(picture, "png", image.toFile());
    assertEquals(0, run(BUNDLE, image.toString(), image.toString()));
    String[] lines = text(out).split("\\R", -1);
    assertEquals(image.toString(), lines[0]);
    assertTrue(lines[1].matches(" +[0-9]+\\.[0-9] %  [A-Z].*"), lines[1]);
    assertEquals(image.toString(), lines[4]);
    assertEquals(lines[1], lines[5]);
  }

  @Test
  void saysInOneLineWhatIsWrong(@TempDir Path folder) {
    assertRefused("a folder without one", folder.toString(), "image.png");
    assertRefused("absent.png: expected an image", BUNDLE, folder.resolve("absent.png").toString());
    assertRefused(folder + ": expected an image, found a folder", BUNDLE, folder.toString());
    assertRefused("usage: ");
    System.setProperty("device", "gpu");
    try {
      assertRefused("device: expected cpu, cuda or cuda:n", BUNDLE, "image.png");
    } finally {
      System.clearProperty("device");
    }
  }

  private void assertRefused(String why, String... args) {
    err.reset();
    assertEquals(2, run(args));
    assertTrue(text(err).contains(why), text(err));
    assertEquals(1, text(err).lines().count(), text(err));
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
