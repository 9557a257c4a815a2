package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.segment.MaskPng;
import ai.lacuna.serving.Pixels;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentCommandTest {
  private static final String ENCODER = "vit_micro_patch4_28.mae_fashion_mnist";
  private static final int THRESHOLD = 25;

  private final Path directory;

  SegmentCommandTest(@TempDir Path directory) {
    this.directory = directory;
  }

  /** Garment or background, from pictures whose pixels say it themselves. */
  private static void write(ImageDataset data, int count, Path folder) throws IOException {
    Files.createDirectories(folder.resolve("images"));
    Files.createDirectories(folder.resolve("masks"));
    for (int i = 0; i < count; i++) {
      Sample sample = data.get(i);
      Pixels pixels = sample.pixels();
      byte[] mask = new byte[pixels.data().length];
      for (int k = 0; k < mask.length; k++) {
        mask[k] = (byte) ((pixels.data()[k] & 0xff) > THRESHOLD ? 1 : 0);
      }
      ImageIO.write(
          pixels.toBufferedImage(), "png", folder.resolve("images/" + i + ".png").toFile());
      Files.write(
          folder.resolve("masks/" + i + ".png"),
          MaskPng.write(Pixels.of(pixels.height(), pixels.width(), 1, mask)));
    }
  }

  private CommandLineRun segment(String... more) {
    List<String> words =
        new ArrayList<>(
            List.of("segment", "--encoder", ENCODER, "--device", "cpu", "--batch-size", "16"));
    words.addAll(Arrays.asList(more));
    return CommandLineRun.of(words.toArray(String[]::new));
  }

  @Test
  void trainsJudgesDrawsAndPredicts() throws IOException {
    Path data = directory.resolve("clothes");
    write(FashionMnist.sample().train(), 64, data.resolve("train"));
    write(FashionMnist.sample().test(), 20, data.resolve("test"));
    Files.writeString(data.resolve("classes.txt"), "background\ngarment\n");
    String run = directory.resolve("run").toString();
    CommandLineRun line =
        segment("--data", data.toString(), "--out", run, "--plan", "head@6", "--lr", "0.1");
    assertEquals(0, line.code(), line.err());
    assertTrue(line.out().contains("clothes, test: mIoU "), line.out());
    assertTrue(line.out().contains("  garment                  IoU "), line.out());
    reportsTheTest(Path.of(run), line.out());
    assertTrue(ImageIO.read(Path.of(run, "segmentation.png").toFile()).getWidth() > 700);
    Path masks = directory.resolve("out");
    CommandLineRun predicted =
        CommandLineRun.of(
            "segment",
            "--model",
            run,
            "--masks",
            masks.toString(),
            data.resolve("test/images/3.png").toString());
    assertEquals(0, predicted.code(), predicted.err());
    Pixels truth = MaskPng.read(data.resolve("test/masks/3.png"));
    Pixels found = MaskPng.read(masks.resolve("3.png"));
    int right = 0;
    for (int i = 0; i < truth.data().length; i++) {
      right += truth.data()[i] == found.data()[i] ? 1 : 0;
    }
    assertTrue(right > 0.75 * truth.data().length, right + " pixels right");
    Path image = data.resolve("test/images/3.png");
    byte[] before = Files.readAllBytes(image);
    Path again = data.resolve("test/masks/../images");
    assertOneLine(
        CommandLineRun.of("segment", "--model", run, "--masks", again.toString(), image.toString()),
        image + ": expected another name or folder, for its mask would replace " + again);
    assertArrayEquals(before, Files.readAllBytes(image));
    exportsAndServes(data, run, found);
    assertEquals(
        0,
        CommandLineRun.of(
                "search",
                "--encoder",
                run,
                "--data",
                data.resolve("test/images").toString(),
                data.resolve("test/images/3.png").toString())
            .code());
  }

  /** Figures and classes of the terminal are in the page. */
  private static void reportsTheTest(Path run, String printed) throws IOException {
    String page = Files.readString(run.resolve("report.html"));
    Matcher miou = Pattern.compile("clothes, test: mIoU ([0-9.]+ %)").matcher(printed);
    Matcher garment = Pattern.compile("  garment +IoU +([0-9.]+ %)").matcher(printed);
    assertTrue(miou.find() && garment.find(), printed);
    assertTrue(page.contains("<h2>On the test images</h2>"));
    assertTrue(page.contains("on 20 images that had no part in training"));
    assertTrue(page.contains("<dd>" + miou.group(1) + "</dd>"), printed);
    assertTrue(page.contains("<th scope=\"row\">garment</th>"));
    assertTrue(page.contains("<td>" + garment.group(1) + "</td>"), printed);
    BufferedImage drawn = ImageIO.read(run.resolve("segmentation.png").toFile());
    Matcher shown =
        Pattern.compile(
                "<img alt=\"Some of the images, their masks and predictions\" [^>]*base64,([^\"]+)\"")
            .matcher(page);
    assertTrue(shown.find());
    byte[] png = Base64.getDecoder().decode(shown.group(1));
    BufferedImage inPage = ImageIO.read(new ByteArrayInputStream(png));
    assertArrayEquals(pixels(drawn), pixels(inPage));
  }

  private static int[] pixels(BufferedImage image) {
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  @Test
  void saysThatTheImagesWhichItReportsDecided() throws IOException {
    Path data = directory.resolve("one");
    write(FashionMnist.sample().train(), 40, data);
    Path run = directory.resolve("run");
    CommandLineRun line =
        segment("--data", data.toString(), "--out", run.toString(), "--plan", "head@2");
    assertEquals(0, line.code(), line.err());
    String page = Files.readString(run.resolve("report.html"));
    assertTrue(page.contains("<h2>On the held-out images</h2>"));
    assertTrue(page.contains("on the 4 images that decided which epoch is kept"));
  }

  private void exportsAndServes(Path data, String run, Pixels expected) throws IOException {
    String bundle = directory.resolve("bundle").toString();
    CommandLineRun export =
        CommandLineRun.of(
            ("segment --variant int8 --compare 10 --force --model " + run + " --export " + bundle)
                .split(" ", -1));
    assertEquals(0, export.code(), export.err());
    assertTrue(export.out().contains("judged by head on 10 images"), export.out());
    assertTrue(
        export.out().contains("largest differences between DJL, TorchScript and ONNX Runtime:"),
        export.out());
    assertTrue(
        export.out().lines().anyMatch(l -> l.matches("  logits +\\S+, allowed \\S+: relative .*")),
        export.out());
    assertTrue(
        export.out().lines().anyMatch(l -> l.matches("segmenter.onnx +[\\d,]+ bytes")),
        export.out());
    assertEquals(
        1, export.out().lines().filter(l -> l.startsWith("bundle: ")).count(), export.out());
    String image = data.resolve("test/images/3.png").toString();
    Path masks = directory.resolve("served");
    CommandLineRun served =
        CommandLineRun.of("predict", "--bundle", bundle, "--masks", masks.toString(), image);
    assertEquals(0, served.code(), served.err());
    assertTrue(served.out().contains("garment "), served.out());
    byte[] found = MaskPng.read(masks.resolve("3.png")).data();
    int same = 0;
    for (int i = 0; i < found.length; i++) {
      same += found[i] == expected.data()[i] ? 1 : 0;
    }
    // A pixel may turn where two logits are equal to rounding.
    assertTrue(same >= found.length - 2, same + " pixels the same");
    CommandLineRun int8 =
        CommandLineRun.of(
            "predict",
            "--bundle",
            bundle,
            "--variant",
            "int8",
            "--masks",
            directory.resolve("int8").toString(),
            image);
    assertEquals(0, int8.code(), int8.err());
    assertTrue(Files.exists(directory.resolve("int8/3.png")));
    assertOneLine(
        segment("--data", data.toString(), "--out", run, "--variant", "int8"),
        "--variant: expected --export beside it");
    assertOneLine(
        CommandLineRun.of(
            "segment",
            "--model",
            run,
            "--export",
            bundle,
            "--compare",
            "3",
            "--variant",
            "int8",
            image),
        "--compare: expected no images after the options");
    assertOneLine(
        CommandLineRun.of("segment", "--model", run, "--export", bundle, "--variant", "any-size"),
        "variant any-size: expected a preprocessing that keeps the aspect");
    assertOneLine(
        CommandLineRun.of("predict", "--bundle", bundle, image),
        "--masks: expected a folder for the masks of a segmenter");
    assertOneLine(
        CommandLineRun.of("predict", "--bundle", bundle, "--top", "1", image),
        "--top: expected a bundle of classes, found pixels");
    assertOneLine(
        CommandLineRun.of("segment", "--model", run, "--export", bundle, "--masks", "x"),
        "--export: expected no --masks beside it");
  }

  @Test
  void saysInOneLineWhatIsWrong() throws IOException {
    Path data = directory.resolve("broken");
    write(FashionMnist.sample().train(), 20, data);
    String run = directory.resolve("run").toString();
    Path mask = data.resolve("masks/7.png");
    byte[] good = Files.readAllBytes(mask);
    Files.delete(mask);
    assertOneLine(
        segment("--data", data.toString(), "--out", run),
        data.resolve("images/7.png") + ": expected its mask " + mask);
    Files.write(mask, MaskPng.write(Pixels.of(2, 2, 1, new byte[4])));
    assertOneLine(
        segment("--data", data.toString(), "--out", run), mask + ": expected 28 x 28 pixels");
    Files.write(mask, good);
    assertOneLine(
        segment("--data", data.toString(), "--out", run, "--masks", run),
        "--masks: expected --model beside it");
    assertOneLine(
        segment("--data", data.toString(), "--out", run, "--head-width", "64"),
        "--head-width: expected --head conv beside it");
    Path names = Files.writeString(directory.resolve("names.txt"), "ground\n");
    assertOneLine(
        segment("--data", data.toString(), "--out", run, "--classes", names.toString()),
        names + ": expected 2 to 255 lines");
    assertOneLine(
        CommandLineRun.of("segment", "--model", data.toString(), "--masks", run, mask.toString()),
        data + ": expected the directory of a segmenter's run");
    assertOneLine(
        CommandLineRun.of(
            "segment",
            "--model",
            run,
            "--masks",
            data.resolve("images").toString(),
            data.resolve("images/7.png").toString()),
        run + ": no such file");
  }
}
