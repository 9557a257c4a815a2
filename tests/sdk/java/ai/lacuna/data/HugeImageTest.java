package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.oracle.ForkedJava;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image that the size limit allows, but that does not fit into a small heap. */
class HugeImageTest {
  /** 75 MB of pixels; the other JVM's heap has 64 MiB. */
  private static final int SIDE = 5000;

  private final Path directory;

  HugeImageTest(@TempDir Path directory) {
    this.directory = directory;
  }

  /** What runs in a JVM of its own. */
  static final class Run {
    private Run() {}

    /** Reads the file that is given. */
    public static void main(String[] file) throws IOException {
      try {
        System.out.println("read " + Pixels.read(Path.of(file[0])));
      } catch (ImageException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void isRefusedInOneLine() throws IOException, InterruptedException {
    Path file = directory.resolve("huge.png");
    ImageIO.write(
        new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_3BYTE_BGR), "png", file.toFile());
    List<String> lines = ForkedJava.run(Run.class, file.toString());
    assertTrue(
        lines.stream()
            .anyMatch(line -> line.contains("huge.png: expected an image that fits into the heap")),
        lines.toString());
  }
}
