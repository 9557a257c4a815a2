package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.probe.LinearHead;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pooling;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(Lifecycle.PER_CLASS)
class ExportTest {
  private Path directory = Path.of("");
  private String run = "";

  @BeforeAll
  void pretrainOneStep(@TempDir Path temporary) {
    directory = temporary;
    run = directory.resolve("run").toString();
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

  @Test
  void writesABundleWithAClassifier() throws Exception {
    Path head = head("right.safetensors", 256);
    Path out = directory.resolve("bundle");
    CommandLineRun line =
        CommandLineRun.of(
            "export", "--encoder", run, "--head", head.toString(), "--out", out.toString());
    assertEquals(0, line.code(), line.err());
    assertTrue(line.out().contains("classifier.onnx"), line.out());
    assertEquals(List.of("a", "b"), Bundle.open(out).manifest().labels());
  }

  /** Its features have as many numbers, and another meaning. */
  @Test
  void saysThatAHeadIsOfAnotherEncoder() {
    String head = directory.resolve("own.safetensors").toString();
    CommandLineRun probe =
        CommandLineRun.of(
            "probe", "--encoder", run, "--protocol", "mae", "--blocks", "1", "--save", head);
    assertEquals(0, probe.code(), probe.err());
    String words = "export --encoder %s --head " + head + " --out " + directory.resolve("headed");
    String said = head + ": was fitted on features of another encoder; ";
    CommandLineRun own = CommandLineRun.of(words.formatted(run).split(" ", -1));
    assertEquals(0, own.code(), own.err());
    assertFalse(own.err().contains("fitted"), own.err());
    CommandLineRun other =
        CommandLineRun.of(words.formatted("vit_micro_patch4_28.mae_fashion_mnist").split(" ", -1));
    assertEquals(0, other.code(), other.err());
    assertTrue(other.err().contains(said + "its classes mean nothing unless"), other.err());
  }

  @Test
  void takesTheImageSizeOfTheHead() throws Exception {
    Path file = directory.resolve("wide.safetensors");
    LinearHead.load(head("any.safetensors", 256))
        .withInput(new LinearHead.InputSize(20, 36))
        .save(file);
    Path out = directory.resolve("wide");
    String words = "export --encoder %s --head %s --out %s".formatted(run, file, out);
    CommandLineRun line = CommandLineRun.of(words.split(" ", -1));
    assertEquals(0, line.code(), line.err());
    assertEquals(20, Bundle.open(out).manifest().preprocessing().height());
    assertEquals(36, Bundle.open(out).manifest().preprocessing().width());
    assertOneLine(
        CommandLineRun.of((words + " --image-size 28").split(" ", -1)),
        "--image-size: expected 20x36, which the head was fitted on, found 28x28");
  }

  @Test
  void printsWhatAVariantIs() throws Exception {
    Path out = directory.resolve("variants");
    CommandLineRun line =
        CommandLineRun.of(
            "export",
            "--encoder",
            run,
            "--out",
            out.toString(),
            "--target",
            "portable",
            "--variant",
            "int8, int8-static",
            "--compare",
            "30",
            "--calibrate",
            "8",
            "--force");
    assertEquals(0, line.code(), line.err());
    assertTrue(line.out().contains("variants, judged by knn on 30 images"), line.out());
    assertTrue(line.out().contains("\n  int8-static "), line.out());
    List<Integer> widths =
        line.out()
            .lines()
            .filter(l -> l.endsWith(" bytes"))
            .map(String::length)
            .distinct()
            .toList();
    assertEquals(1, widths.size(), line.out());
    Bundle bundle = Bundle.open(out);
    assertEquals(List.of("float32", "int8", "int8-static"), bundle.variants());
    assertEquals(20, bundle.manifest().opset());
    assertOneLine(
        CommandLineRun.of("export", "--encoder", run, "--out", "never", "--variant", "int4"),
        "--variant: expected float16, int8, int8-static, any-size, found int4");
    assertOneLine(
        CommandLineRun.of("export", "--encoder", run, "--out", "never", "--target", "tpu"),
        "--target: expected cpu, gpu or portable, found tpu; choose one of them");
    assertOneLine(
        CommandLineRun.of("export", "--encoder", run, "--out", "never", "--force"),
        "--force: expected --variant beside it");
  }

  /** Images compare the engines: without classes only the accuracy of a variant is not known. */
  @Test
  void comparesOnImagesWithoutClasses() throws Exception {
    Path images = Files.createDirectory(directory.resolve("images"));
    for (int i = 0; i < 10; i++) {
      BufferedImage image = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
      image.getRaster().setSample(i, i, 0, 200);
      ImageIO.write(image, "png", images.resolve(i + ".png").toFile());
    }
    Path out = directory.resolve("unlabelled");
    String words = "export --encoder %s --data %s --out %s".formatted(run, images, out);
    CommandLineRun line = CommandLineRun.of(words.split(" ", -1));
    assertEquals(0, line.code(), line.err());
    CommandLineRun variant =
        CommandLineRun.of((words + " --variant float16 --force").split(" ", -1));
    assertEquals(0, variant.code(), variant.err());
    assertTrue(
        variant.out().startsWith(images + ": found no classes, so that no accuracy is measured\n"),
        variant.out());
    assertTrue(variant.out().contains("variants, judged by retrieval on 2 images"), variant.out());
    // The table that a run's labels came from may lie there, too.
    Files.writeString(images.resolve("labels.csv"), "path,label\n");
    CommandLineRun table = CommandLineRun.of(words.split(" ", -1));
    assertEquals(0, table.code(), table.err());
    assertOneLine(
        CommandLineRun.of(
            "export", "--encoder", run, "--out", "never", "--data", images + "/absent"),
        images + "/absent: expected fashion-mnist, ");
  }

  @Test
  void exportsForImagesOfAnotherSize() throws Exception {
    Path out = directory.resolve("larger");
    CommandLineRun line =
        CommandLineRun.of(
            "export", "--encoder", run, "--image-size", "32x40", "--out", out.toString());
    assertEquals(0, line.code(), line.err());
    Manifest manifest = Bundle.open(out).manifest();
    assertEquals(32, manifest.preprocessing().height());
    assertEquals(40, manifest.preprocessing().width());
    assertEquals(1 + 8 * 10, manifest.architecture().tokens());
    assertTrue(line.out().contains("features   "), line.out());
    assertOneLine(
        CommandLineRun.of("export", "--encoder", run, "--image-size", "30", "--out", "never"),
        "patchSize: expected a divisor");
    assertOneLine(
        CommandLineRun.of("probe", "--encoder", run, "--image-size", "32", "--record", "zoo"),
        "--record: expected no --image-size beside it");
  }

  @Test
  void refusesAHeadOfAnotherShape() throws Exception {
    Path head = head("wrong.safetensors", 4);
    assertOneLine(
        CommandLineRun.of(
            "export", "--encoder", run, "--head", head.toString(), "--out", run + "-bundle"),
        "head: expected 256 features");
  }

  @Test
  void namesTheMissingHead() {
    assertOneLine(
        CommandLineRun.of(
            "export", "--encoder", run, "--head", "no-such.safetensors", "--out", "x"),
        "no-such.safetensors: no such file or directory");
  }

  @Test
  void refusesMoreBlocksThanTheEncoderHas() {
    assertOneLine(
        CommandLineRun.of("probe", "--encoder", run, "--blocks", "99"),
        "last blocks: expected 1 to 6, found 99");
  }

  @Test
  void saysThatAFolderHoldsNoRun(@TempDir Path empty) {
    assertOneLine(
        CommandLineRun.of("probe", "--encoder", empty.toString()),
        empty + ": expected a run with config.json");
    assertOneLine(
        CommandLineRun.of("export", "--encoder", empty + "/run", "--out", "x"),
        empty
            + "/run: expected the directory of a run, or the name of a zoo entry, found neither;");
    assertOneLine(
        CommandLineRun.of("replay", "--run", empty.toString(), "--step", "1"),
        empty + ": expected a pretraining run with config.json, found none;");
  }

  @Test
  void namesTheEncoderThatTheZooLacks() {
    CommandLineRun probe = CommandLineRun.of("probe", "--encoder", "vit_micro");
    assertOneLine(probe, "vit_micro: expected the directory of a run, or the name of a zoo entry");
    assertTrue(probe.err().contains("vit_micro_patch4_28.mae_fashion_mnist"), probe.err());
    assertOneLine(
        CommandLineRun.of("quickstart", "--encoder", "vit_nano"), "vit_nano: expected the name of");
  }

  private Path head(String name, int features) throws Exception {
    Path file = directory.resolve(name);
    LinearHead.of(
            new float[2 * features], new float[2], List.of("a", "b"), List.of(5), Pooling.CLS_MEAN)
        .save(file);
    return file;
  }
}
