package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.probe.LinearHead;
import ai.lacuna.serving.Pixels;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(Lifecycle.PER_CLASS)
class ProbeTest {
  private Path folder = Path.of("");
  private String run = "";
  private String data = "";

  @BeforeAll
  void pretrainOneStep(@TempDir Path temporary) throws IOException {
    folder = temporary;
    run = folder.resolve("run").toString();
    data = folder(folder.resolve("data"), "dark & <thin>", "light").toString();
    CommandLineRun line =
        CommandLineRun.of(
            "pretrain",
            "--data",
            "fashion-mnist-sample",
            "--out",
            run,
            "--device",
            "cpu",
            "--epochs",
            "1",
            "--batch-size",
            "16",
            "--max-steps",
            "1");
    assertEquals(0, line.code(), line.err());
  }

  /** Noisy images of each class, brighter from class to class, in folders train and test. */
  private static Path folder(Path root, String... classes) throws IOException {
    for (String part : new String[] {"train", "test"}) {
      for (int label = 0; label < classes.length; label++) {
        Path in = Files.createDirectories(root.resolve(part).resolve(classes[label]));
        for (int i = 0; i < 20; i++) {
          byte[] pixels = new byte[28 * 28];
          for (int k = 0; k < pixels.length; k++) {
            pixels[k] = (byte) (label * 60 + i % 3 * 30 + (k * 7 + i * 13) % 40);
          }
          Pixels image = Pixels.of(28, 28, 1, pixels);
          ImageIO.write(image.toBufferedImage(), "png", in.resolve(i + ".png").toFile());
        }
      }
    }
    return root;
  }

  private CommandLineRun probe(String... more) {
    String[] line = new String[more.length + 7];
    String[] first = {"probe", "--encoder", run, "--device", "cpu", "--data", data};
    System.arraycopy(first, 0, line, 0, first.length);
    System.arraycopy(more, 0, line, first.length, more.length);
    return CommandLineRun.of(line);
  }

  @Test
  void takesTestImagesFromAFolderOfClasses() {
    String train = Path.of(data).resolve("train").toString();
    CommandLineRun line =
        CommandLineRun.of("probe", "--encoder", run, "--device", "cpu", "--data", train);
    assertEquals(0, line.code(), line.err());
    assertTrue(
        line.out()
            .contains(train + " has no folder test: 8 images, a fifth of each class, kept for it"),
        line.out());
    assertTrue(line.out().contains("images     32 for training, 8 for the test"), line.out());
  }

  @Test
  void everyProtocolGoesToTableJsonPageAndHead() throws Exception {
    Path json = folder.resolve("out/probe.json");
    Path page = folder.resolve("out/probe.html");
    Path head = folder.resolve("out/head.safetensors");
    CommandLineRun line =
        probe(
            "--protocol",
            "all",
            "--flip-views",
            "--shots",
            "1,4",
            "--draws",
            "2",
            "--cache",
            folder.resolve("cache").toString(),
            "--precision",
            "float16",
            "--json",
            json.toString(),
            "--report",
            page.toString(),
            "--save",
            head.toString());
    assertEquals(0, line.code(), line.err());
    for (String protocol : new String[] {"logistic", "mae", "dino", "knn", "few-shot"}) {
      assertTrue(line.out().contains("\n" + protocol + " "), line.out());
    }
    JsonObject root = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
    assertEquals(5, root.getAsJsonArray("results").size());
    JsonObject test =
        root.getAsJsonArray("results").get(0).getAsJsonObject().getAsJsonObject("test");
    assertEquals(40, test.get("images").getAsInt());
    double low = test.getAsJsonArray("top1_interval_95").get(0).getAsDouble();
    double high = test.getAsJsonArray("top1_interval_95").get(1).getAsDouble();
    double top1 = test.get("top1").getAsDouble();
    assertTrue(low <= top1 && top1 <= high, test.toString());
    assertEquals(2, test.getAsJsonArray("confusion").size());
    assertEquals(2, LinearHead.load(head).classNames().size());
    assertWellFormed(Files.readString(page));
  }

  private static void assertWellFormed(String page) throws Exception {
    String root =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(
                new ByteArrayInputStream(
                    page.replace("<!DOCTYPE html>", "").getBytes(StandardCharsets.UTF_8)))
            .getDocumentElement()
            .getTagName();
    assertEquals("html", root);
    assertTrue(page.contains("dark &amp; &lt;thin&gt;"));
    assertTrue(page.contains("most confident mistakes") && page.contains("data:image/png"));
    assertFalse(page.contains("<script") || page.contains("http:") || page.contains("https:"));
  }

  @Test
  void saysThatNothingWasChosenWhereNothingWas() throws IOException {
    Path page = folder.resolve("one.HTM");
    String[] alone = {"--protocol", "mae", "--blocks", "1", "--pooling", "cls"};
    String[] report = {"--report", page.toString()};
    CommandLineRun line =
        probe(Stream.of(alone, report).flatMap(Arrays::stream).toArray(String[]::new));
    assertEquals(0, line.code(), line.err());
    String text = Files.readString(page);
    assertTrue(text.contains("mae, rate 0.1, cls of block 5, with nothing to choose.</p>"), text);
    assertFalse(text.contains("held out; the test images had no say"), text);
  }

  /** Every class is among the first five. */
  @Test
  void namesNoTop5OfFewClasses() throws IOException {
    Path page = folder.resolve("few.html");
    CommandLineRun line = probe("--protocol", "knn", "--report", page.toString());
    assertEquals(0, line.code(), line.err());
    assertTrue(line.out().matches("(?s).*\nknn +[\\d.]+ % +[\\d.]+ – [\\d.]+ +– .*"), line.out());
    assertFalse(Files.readString(page).contains("<dt>top-5</dt>"));
    data = folder(folder.resolve("six"), "a", "b", "c", "d", "e", "f").toString();
    try {
      CommandLineRun six = probe("--protocol", "knn", "--report", page.toString());
      assertEquals(0, six.code(), six.err());
    } finally {
      data = folder.resolve("data").toString();
    }
    assertTrue(Files.readString(page).contains("<dt>top-5</dt>"));
  }

  /** Or nobody finds the wrong labels that the page asks to look for. */
  @Test
  void namesTheFilesOfTheMistakes() throws IOException {
    Path root = folder(folder.resolve("mislabelled"), "dark", "light");
    Path wrong = root.resolve("train/dark/7 & wrong.png");
    Files.copy(root.resolve("test/light/1.png"), wrong);
    Files.copy(wrong, root.resolve("test/dark/7 & wrong.png"));
    Path page = folder.resolve("mislabelled.html");
    data = root.toString();
    try {
      CommandLineRun line = probe("--report", page.toString());
      assertEquals(0, line.code(), line.err());
    } finally {
      data = folder.resolve("data").toString();
    }
    String text = Files.readString(page);
    assertTrue(text.contains(root + "/test/dark/7 &amp; wrong.png</small>"), text);
  }

  @Test
  void namesTheClassWithoutATrainingImage() throws IOException {
    Path root = folder(folder.resolve("gap"), "dark", "light", "none");
    try (var files = Files.list(root.resolve("train/none"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    data = root.toString();
    try {
      CommandLineRun line = probe();
      assertEquals(2, line.code(), line.err());
      assertTrue(line.err().contains("none"), line.err());
    } finally {
      data = folder.resolve("data").toString();
    }
  }

  @Test
  void refusesASingleClass() throws IOException {
    data = folder(folder.resolve("one"), "dark").toString();
    try {
      assertOneLine(probe(), "train: expected at least 2 classes, found [dark]");
    } finally {
      data = folder.resolve("data").toString();
    }
  }

  @Test
  void refusesOptionsThatDoNotGoTogether() {
    assertOneLine(probe("--protocol", "lars"), "--protocol: expected one of logistic, mae, dino");
    assertOneLine(probe("--shots", "5"), "--shots, --draws: expected --protocol few-shot or all");
    assertOneLine(
        probe("--protocol", "few-shot", "--shots", "1,x"), "--shots: expected whole numbers");
    assertOneLine(
        probe("--protocol", "few-shot", "--shots", "99"),
        "training data, class dark & <thin>: expected 99 images, found 20");
    assertOneLine(probe("--protocol", "knn", "--save", "x"), "--save: expected a protocol with");
    assertOneLine(
        probe("--protocol", "all", "--record", "zoo"), "--record: expected --protocol logistic");
    assertOneLine(
        probe("--save", data), "--save: expected the name of a file, found the folder " + data);
    String file = Path.of(data, "train", "light", "0.png").toString();
    assertOneLine(probe("--cache", file), "--cache: expected a folder, found the file " + file);
    assertOneLine(
        probe("--report", "x.pdf"), "--report: expected a file ending in .html, found x.pdf");
    assertOneLine(probe("--precision", "float16"), "--precision: expected --cache");
    assertOneLine(
        probe("--cache", "x", "--precision", "int8"), "--precision: expected one of float16");
  }
}
