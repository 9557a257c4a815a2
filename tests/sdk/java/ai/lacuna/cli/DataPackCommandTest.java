package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.ImageFolder;
import ai.lacuna.data.LabelledData;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataPackCommandTest {
  private final Path root;
  private final Path out;

  DataPackCommandTest(@TempDir Path root) {
    this.root = root;
    this.out = root.resolve("packed");
  }

  private static CommandLineRun pack(String... args) {
    List<String> words = new ArrayList<>(List.of("data", "pack"));
    words.addAll(List.of(args));
    return CommandLineRun.of(words.toArray(String[]::new));
  }

  @Test
  void packsBothPartsAndPretrainingReadsThem() throws IOException {
    CommandLineRun run =
        pack("--data", "fashion-mnist-sample", "--out", out.toString(), "--shard-size", "1500");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("train  4,000 images, 3 shards"), run.out());
    assertTrue(run.out().contains("test   1,000 images, 1 shard,"), run.out());
    LabelledData sample = LabelledData.open("fashion-mnist-sample");
    assertEquals(
        sample.train().classNames(), LabelledData.open(out.toString()).train().classNames());
    List<String> losses = new ArrayList<>();
    for (String data : List.of("fashion-mnist-sample", out.toString())) {
      Path directory = root.resolve("run-" + losses.size());
      CommandLineRun pretrain =
          CommandLineRun.of(
              "pretrain",
              "--data",
              data,
              "--out",
              directory.toString(),
              "--device",
              "cpu",
              "--batch-size",
              "16",
              "--max-steps",
              "2",
              "--log-every",
              "1",
              "--mean",
              "0.5",
              "--std",
              "0.5");
      assertEquals(0, pretrain.code(), pretrain.err());
      losses.add(losses(directory));
    }
    assertEquals(losses.get(0), losses.get(1));
  }

  private static String losses(Path run) throws IOException {
    return String.join(
        "\n",
        Files.readAllLines(run.resolve("metrics.jsonl")).stream()
            .filter(line -> line.contains("\"kind\":\"step\""))
            .map(line -> line.replaceAll(".*(\"loss\":[^,]*).*", "$1"))
            .toList());
  }

  @Test
  void packsNothingIntoTheFolderOfTheImages() throws IOException {
    Path photos = root.resolve("photos");
    for (String kind : List.of("cat", "dog")) {
      Path file = Files.createDirectories(photos.resolve(kind)).resolve("0.png");
      ImageIO.write(new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_GRAY), "png", file.toFile());
    }
    Path inside = photos.resolve("shards/packed");
    CommandLineRun run = pack("--data", photos.toString(), "--out", inside.toString());
    assertOneLine(
        run,
        inside
            + ": expected a folder outside of the images, found one among those of "
            + photos
            + "; choose another");
    assertEquals(List.of("cat", "dog"), ImageFolder.open(photos).classNames());
  }

  @Test
  void overwritesNothing() throws IOException {
    Files.createDirectories(out);
    Files.writeString(out.resolve("mine"), "x");
    assertOneLine(
        pack("--data", "fashion-mnist-sample", "--out", out.toString()),
        out + ": expected a new or empty folder");
    assertEquals("x", Files.readString(out.resolve("mine")));
  }

  @Test
  void asksForDataAndPlace() {
    assertOneLine(pack("--data", "fashion-mnist-sample"), "--out: expected a value");
    assertOneLine(pack("--out", out.toString()), "--data: expected a value");
    assertOneLine(
        pack("--data", "no-such", "--out", out.toString()), "no-such: expected fashion-mnist");
    assertOneLine(
        pack("--data", "fashion-mnist-sample", "--out", out.toString(), "--quality", "200"),
        "packing: expected a quality of 0 to 100");
    assertEquals(2, pack("--data", "x", "--out", out.toString(), "--resize", "0").code());
  }

  /** One of thirty images is damaged, which is more than the usual share. */
  @Test
  void pretrainingPassesOverDamagedImagesWhereAllowed() throws IOException {
    Path images = Files.createDirectories(root.resolve("images/deep"));
    byte[] png = image(28);
    for (int i = 0; i < 30; i++) {
      Files.write(images.resolve(i + ".png"), i == 17 ? new byte[] {1, 2, 3} : png);
    }
    String[] common = {
      "pretrain",
      "--data",
      root.resolve("images").toString(),
      "--device",
      "cpu",
      "--batch-size",
      "10",
      "--epochs",
      "1",
      "--out"
    };
    List<String> strict = new ArrayList<>(List.of(common));
    strict.add(root.resolve("strict").toString());
    CommandLineRun refused = CommandLineRun.of(strict.toArray(String[]::new));
    assertEquals(2, refused.code());
    assertTrue(
        refused
            .err()
            .contains(
                "lacuna: images: expected at most 1 % of the samples damaged, found 1 of the first"),
        refused.err());
    List<String> lenient = new ArrayList<>(List.of(common));
    lenient.addAll(List.of(root.resolve("lenient").toString(), "--max-corrupt", "0.05"));
    CommandLineRun run = CommandLineRun.of(lenient.toArray(String[]::new));
    assertEquals(0, run.code(), run.err());
    String metrics = Files.readString(root.resolve("lenient/metrics.jsonl"));
    assertTrue(metrics.contains("\"skipped\":1"), metrics);
    assertEquals(30, ImageDataset.open(root.resolve("images").toString()).size());
  }

  private static byte[] image(int side) throws IOException {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < side * side; i++) {
      image.getRaster().setSample(i % side, i / side, 0, i * 31 % 256);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }
}
