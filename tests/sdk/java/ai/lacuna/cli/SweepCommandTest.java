package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.engine.Determinism;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepCommandTest {

  private static CommandLineRun sweep(String out, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of("sweep", "--data", "fashion-mnist-sample", "--out", out, "--device", "cpu"));
    words.addAll(List.of(more));
    return CommandLineRun.of(words.toArray(String[]::new));
  }

  @Test
  void comparesARunForEachCombination(@TempDir Path folder) throws Exception {
    Path out = folder.resolve("my sweep");
    String[] options = {
      "--max-steps",
      "1",
      "--batch-size",
      "8",
      "--val-share",
      "0.01",
      "--lr",
      "1e-3",
      "--patch-size",
      "14",
      "--vary",
      "mask-ratio=0.5",
      "--vary",
      "no-norm-pix=yes,no"
    };
    CommandLineRun run = sweep(out.toString(), options);
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().startsWith("mask-ratio  no-norm-pix  linear probe  k-NN"), run.out());
    assertEquals(2, run.out().lines().filter(line -> line.startsWith("0.5 ")).count());
    assertEquals(3, Files.readAllLines(out.resolve("sweep.csv")).size());
    Path one = out.resolve("mask-ratio=0.5_no-norm-pix=yes");
    String config = Files.readString(one.resolve("config.json"));
    assertTrue(config.contains("\"patchSize\": 14"), config);
    assertTrue(config.contains("\"epochs\": 1"), config);
    String json = Files.readString(out.resolve("sweep.json"));
    assertTrue(
        json.contains(
            "./lacuna pretrain --batch-size 8 --lr 1e-3 --patch-size 14 --mask-ratio 0.5"),
        json);
    assertTrue(json.contains(" --out '" + one + "'"), json);
    CommandLineRun again = sweep(out.toString(), options);
    assertEquals(0, again.code(), again.err());
    assertTrue(again.err().contains("mask-ratio=0.5_no-norm-pix=no: done before"), again.err());
    assertEquals(run.out(), again.out());
  }

  @Test
  void probesAFolderPerClassAndShards(@TempDir Path folder) throws Exception {
    Path images = folder.resolve("images");
    for (int i = 0; i < 40; i++) {
      Path of = Files.createDirectories(images.resolve(i % 2 == 0 ? "dark" : "light"));
      BufferedImage image = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
      image.getRaster().setSample(i / 2, 3, 0, i % 2 == 0 ? 60 : 255);
      ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
    }
    Path shards = folder.resolve("shards");
    CommandLineRun packed =
        CommandLineRun.of("data", "pack", "--data", images.toString(), "--out", shards.toString());
    assertEquals(0, packed.code(), packed.err());
    for (Path data : List.of(images, shards)) {
      CommandLineRun run = sweepOf(data, folder.resolve("of-" + data.getFileName()));
      assertEquals(0, run.code(), run.err());
      assertTrue(run.out().lines().toList().get(1).matches("0\\.5 .* % .* % .*"), run.out());
      assertTrue(run.out().contains("accuracies"), run.out());
    }
    CommandLineRun without = sweepOf(images.resolve("dark"), folder.resolve("without"));
    assertEquals(0, without.code(), without.err());
    assertTrue(without.err().contains("without linear probe and k-NN: "), without.err());
    assertTrue(without.out().lines().toList().get(1).matches("0\\.5 +- +- .*"), without.out());
    assertFalse(without.out().contains("accuracies"), without.out());
  }

  private static CommandLineRun sweepOf(Path data, Path out) {
    return sweepOf(data, out, "--seed 0");
  }

  private static CommandLineRun sweepOf(Path data, Path out, String more) {
    String words =
        " --device cpu --batch-size 8 --max-steps 1 --channels 1 --image-size 28 --patch-size 14"
            + " --vary mask-ratio=0.5";
    String line = "sweep --data " + data + " --out " + out + words + " " + more;
    return CommandLineRun.of(line.split(" ", -1));
  }

  /** Or users of large, imperfect data could pretrain on it and not sweep. */
  @Test
  void takesWhatARunTakesOfThreadsAndDamagedImages(@TempDir Path folder) throws Exception {
    Path data = Files.createDirectories(folder.resolve("images"));
    for (int i = 0; i < 40; i++) {
      Path file = data.resolve(i + ".png");
      ImageIO.write(new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY), "png", file.toFile());
      if (i % 4 == 0) {
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 40));
      }
    }
    CommandLineRun strict = sweepOf(data, folder.resolve("strict"));
    assertEquals(2, strict.code(), strict.err());
    assertTrue(strict.err().contains("expected at most 1 % of the samples damaged"), strict.err());
    int before = Determinism.threads();
    Path out = folder.resolve("lenient");
    try {
      CommandLineRun run = sweepOf(data, out, "--threads 1 --workers 2 --max-corrupt 0.5");
      assertEquals(0, run.code(), run.err());
    } finally {
      Determinism.threads(before);
    }
    String environment = Files.readString(out.resolve("mask-ratio=0.5/environment.json"));
    assertTrue(environment.contains("\"threads\": 1,"), environment);
    String table = Files.readString(out.resolve("sweep.json"));
    assertTrue(table.contains("--threads 1 --workers 2 --max-corrupt 0.5"), table);
    assertOneLine(
        sweepOf(data, folder.resolve("never"), "--max-corrupt 2"), "--max-corrupt: expected");
  }

  @Test
  void suggestsTheOptionThatWasMeant() {
    CommandLineRun run = sweep("x", "--vary", "mask-rato=0.5,0.75");
    assertOneLine(run, "--vary mask-rato: expected an option of 'lacuna pretrain'");
    assertTrue(run.err().contains("did you mean mask-ratio"), run.err());
  }

  @Test
  void namesTheCombinationThatCannotBe() {
    CommandLineRun run = sweep("never", "--vary", "patch-size=4,5");
    assertOneLine(run, "--vary {patch-size=5}: patchSize: expected a divisor");
    assertFalse(Files.exists(Path.of("never")), "nothing was begun");
  }

  @Test
  void refusesValuesThatAreNone() {
    for (String vary :
        List.of("mask-ratio", "mask-ratio=", "mask-ratio=0.5,0.5", "no-flip=maybe")) {
      assertThrows(UsageException.class, () -> SweepGrid.axes(List.of(vary)), vary);
    }
    assertThrows(UsageException.class, () -> SweepGrid.axes(List.of()));
    assertThrows(UsageException.class, () -> SweepGrid.axes(List.of("seed=1", "seed=2")));
    assertThrows(UsageException.class, () -> SweepGrid.axes(List.of("config=a,b")));
  }

  @Test
  void theLastOptionChangesFastest() {
    List<SweepGrid.Axis> axes = SweepGrid.axes(List.of("mask-ratio=0.5,0.75", "--seed=1,2"));
    assertEquals(
        "[{mask-ratio=0.5, seed=1}, {mask-ratio=0.5, seed=2}, {mask-ratio=0.75, seed=1},"
            + " {mask-ratio=0.75, seed=2}]",
        SweepGrid.points(axes).toString());
  }
}
