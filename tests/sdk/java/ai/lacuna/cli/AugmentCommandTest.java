package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Pixels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AugmentCommandTest {
  private final Path directory;

  AugmentCommandTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private CommandLineRun run(String file, String... options) {
    List<String> args = new ArrayList<>(List.of("augment", "--out"));
    args.add(directory.resolve(file).toString());
    args.addAll(Arrays.asList(options));
    return CommandLineRun.of(args.toArray(String[]::new));
  }

  private byte[] drawn(String file, String... options) throws Exception {
    CommandLineRun run = run(file, options);
    assertEquals(0, run.code(), run.err());
    return Pixels.read(directory.resolve(file)).data();
  }

  @Test
  void drawsImagesAndTheirDraws() throws Exception {
    CommandLineRun run = run("sheet.png", "--images", "3", "--draws", "4");
    assertEquals(0, run.code(), run.err());
    assertTrue(
        run.out().startsWith("3 images, 4 draws each, 28 × 28, rand-m9-mstd0.5-inc1, seed 0"),
        run.out());
    Pixels picture = Pixels.read(directory.resolve("sheet.png"));
    assertTrue(picture.height() > 3 * 112 && picture.width() > 5 * 112, picture.toString());
  }

  @Test
  void everyPartOfTheRecipeIsSeen() throws Exception {
    String[] still = {"--images", "2", "--draws", "2", "--shift", "0", "--erasing", "0"};
    byte[] plain = drawn("plain.png", with(still, "--rand-augment", "none"));
    assertArrayEquals(plain, drawn("again.png", with(still, "--rand-augment", "none")));
    List<String[]> changes =
        List.of(
            new String[] {"--rand-augment", "none", "--color-jitter", "0.9"},
            new String[] {"--rand-augment", "none", "--mix"},
            new String[] {"--rand-augment", "none", "--seed", "5"},
            new String[] {"--rand-augment", "rand-p1-m10-inc1"});
    for (String[] change : changes) {
      byte[] other = drawn("other.png", with(still, change));
      assertFalse(Arrays.equals(plain, other), Arrays.toString(change));
    }
    String[] erased = {"--images", "2", "--draws", "2", "--shift", "0", "--rand-augment", "none"};
    assertFalse(Arrays.equals(plain, drawn("erased.png", with(erased, "--erasing", "1"))));
  }

  private static String[] with(String[] options, String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(options));
    all.addAll(Arrays.asList(more));
    return all.toArray(String[]::new);
  }

  @ParameterizedTest
  @CsvSource({
    "--rand-augment, augmix, rand",
    "--rand-augment, rand-q3, 'm, mstd, mmax, n, p or inc'",
    "--images, 21, 1 to 20",
    "--draws, 0, at least 1",
    "--erase-mode, noise, constant",
    "--hue, 0.6, at least 0 and at most 0.5",
    "--mean, 0.5, std"
  })
  void badInputIsOneLineAndWritesNothing(String option, String value, String expected) {
    CommandLineRun run = run("bad.png", option, value);
    assertEquals(2, run.code());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().startsWith("lacuna: ") && run.err().contains(expected), run.err());
    assertFalse(Files.exists(directory.resolve("bad.png")));
  }

  @Test
  void refusesOtherKindsOfFiles() {
    CommandLineRun run = run("sheet.jpg");
    assertEquals(2, run.code());
    assertTrue(run.err().contains(".png"), run.err());
  }
}
