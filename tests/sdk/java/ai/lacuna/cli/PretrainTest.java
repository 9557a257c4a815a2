package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.data.FashionMnist;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.graph.Precision;
import ai.lacuna.pretrain.Augmentation;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Numerics;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainTest {
  @Test
  void trainsAFewStepsAndLeavesARun(@TempDir Path directory) throws Exception {
    Path run = directory.resolve("run");
    CommandLineRun line =
        CommandLineRun.of(
            "pretrain",
            "--data",
            "fashion-mnist-sample",
            "--out",
            run.toString(),
            "--device",
            "cpu",
            "--epochs",
            "2",
            "--batch-size",
            "16",
            "--max-steps",
            "2",
            "--log-every",
            "1",
            "--no-norm-pix",
            "--seed",
            "7");
    assertEquals(0, line.code(), line.err());
    assertTrue(line.out().startsWith("2 steps, loss "), line.out());
    PretrainConfig config = PretrainConfig.fromJson(Files.readString(run.resolve("config.json")));
    assertEquals(7, config.seed());
    assertEquals(false, config.objective().normPixLoss());
    assertTrue(Files.readString(run.resolve("metrics.jsonl")).contains("\"kind\":\"step\""));
  }

  @Test
  void saysThatARunGoesOnOrWasDone(@TempDir Path run) {
    String words = "pretrain --data fashion-mnist-sample --device cpu --batch-size 16 --out " + run;
    CommandLineRun begun = CommandLineRun.of((words + " --max-steps 1").split(" ", -1));
    assertFalse(begun.err().contains("goes on"), begun.err());
    CommandLineRun more = CommandLineRun.of((words + " --max-steps 2").split(" ", -1));
    assertTrue(more.err().contains("goes on after step 1 of 2\n"), more.err());
    CommandLineRun again = CommandLineRun.of((words + " --max-steps 2").split(" ", -1));
    assertEquals(0, again.code(), again.err());
    assertTrue(again.err().contains("done before: 2 steps\n"), again.err());
    assertFalse(again.err().contains("stopped"), again.err());
  }

  @Test
  void refusesTheRunOfAnotherCommand(@TempDir Path run) throws Exception {
    Path file = run.resolve("config.json");
    Files.writeString(file, "{\"kind\": \"finetune\", \"recipe\": {}}");
    String kind = file + ": pretraining config: expected none of a kind, found finetune; ";
    assertOneLine(
        CommandLineRun.of(
            "pretrain",
            "--data",
            "fashion-mnist-sample",
            "--out",
            run.toString(),
            "--device",
            "cpu"),
        kind + "choose another directory");
    assertOneLine(
        CommandLineRun.of(
            ("replay --step 1 --data fashion-mnist-sample --run " + run).split(" ", -1)),
        kind + "give a pretraining run");
    Files.writeString(file, "{}");
    assertOneLine(
        CommandLineRun.of(
            ("finetune --encoder vit_micro_patch4_28.mae_fashion_mnist --label-share 0.1"
                    + " --data fashion-mnist-sample --device cpu --out "
                    + run)
                .split(" ", -1)),
        file
            + ": fine-tuning config: expected a JSON object of kind finetune, found another text;"
            + " choose another directory");
    Path report = Files.writeString(run.resolve("report.html"), "the run's");
    assertOneLine(
        CommandLineRun.of(
            "sweep", "--data", "fashion-mnist-sample", "--out", run.toString(), "--vary", "seed=1"),
        run + ": expected a new folder or that of a sweep, found a run; choose another");
    assertOneLine(
        CommandLineRun.of("quickstart", "--out", run.toString()),
        run + ": expected a folder without a run or a sweep, found one; choose another");
    assertEquals("the run's", Files.readString(report));
  }

  /** Whose report would be written over, and which would then be no sweep's folder any more. */
  @Test
  void refusesTheFolderOfASweep(@TempDir Path folder) throws Exception {
    Path sweep = folder.resolve("sweep");
    String data = " --data fashion-mnist-sample --device cpu --batch-size 8 --max-steps 1 --out ";
    CommandLineRun swept =
        CommandLineRun.of(
            ("sweep --patch-size 14 --vary seed=1 --val-share 0.01" + data + sweep).split(" ", -1));
    assertEquals(0, swept.code(), swept.err());
    byte[] report = Files.readAllBytes(sweep.resolve("report.html"));
    String refusal =
        sweep + ": expected a new folder or that of a run, found a sweep; choose another";
    assertOneLine(CommandLineRun.of(("pretrain" + data + sweep).split(" ", -1)), refusal);
    assertOneLine(
        CommandLineRun.of(
            ("finetune --encoder vit_micro_patch4_28.mae_fashion_mnist" + data + sweep)
                .split(" ", -1)),
        refusal);
    assertArrayEquals(report, Files.readAllBytes(sweep.resolve("report.html")));
    assertFalse(Files.exists(sweep.resolve("config.json")), "no run was begun");
    CommandLineRun again =
        CommandLineRun.of(
            ("pretrain --patch-size 14 --seed 1 --epochs 1 --val-share 0.01"
                    + data
                    + sweep
                    + "/seed=1")
                .split(" ", -1));
    assertEquals(0, again.code(), again.err());
    assertTrue(again.err().contains("done before: 1 step\n"), again.err());
  }

  /** Or the run's files would be read as images when it goes on. */
  @Test
  void refusesToWriteIntoTheImages(@TempDir Path data) throws Exception {
    for (int i = 0; i < 2; i++) {
      BufferedImage image = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
      ImageIO.write(image, "png", data.resolve(i + ".png").toFile());
    }
    for (String out : new String[] {data.toString(), data + "/runs/a"}) {
      String message = "--out: expected a folder outside of the images, found " + out + " in ";
      String words = " --batch-size 2 --max-steps 1 --data " + data + "/. --out " + out;
      assertOneLine(CommandLineRun.of(("pretrain" + words).split(" ", -1)), message);
      assertOneLine(CommandLineRun.of(("sweep --vary seed=1,2" + words).split(" ", -1)), message);
    }
    assertFalse(Files.exists(data.resolve("runs")) || Files.exists(data.resolve("config.json")));
  }

  /** The share that was held out is the run's: whoever moves the images need not know it. */
  @Test
  void replaysARunWhoseImagesWereMoved(@TempDir Path directory) throws Exception {
    Path data = Files.createDirectories(directory.resolve("data"));
    for (int i = 0; i < 10; i++) {
      BufferedImage image = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
      image.getRaster().setSample(i, 3, 0, 255);
      ImageIO.write(image, "png", data.resolve(i + ".png").toFile());
    }
    String run = directory + "/run";
    String words =
        "pretrain --device cpu --batch-size 4 --max-steps 1 --log-every 1 --val-share 0.2 --data ";
    CommandLineRun line = CommandLineRun.of((words + data + " --out " + run).split(" ", -1));
    assertEquals(0, line.code(), line.err());
    Path moved = Files.move(data, directory.resolve("moved"));
    String replay = "replay --step 1 --device cpu --run " + run;
    CommandLineRun lost = CommandLineRun.of(replay.split(" ", -1));
    assertOneLine(lost, run + ": " + data + ": expected fashion-mnist");
    assertTrue(
        lost.err().contains("; if the images were moved, name their place with --data"),
        lost.err());
    CommandLineRun found = CommandLineRun.of((replay + " --data " + moved).split(" ", -1));
    assertEquals(0, found.code(), found.err());
    assertTrue(found.out().contains("bit for bit"), found.out());
  }

  @Test
  void saysThatColourIsLost(@TempDir Path directory) throws Exception {
    Path data = Files.createDirectories(directory.resolve("data"));
    for (int i = 0; i < 2; i++) {
      BufferedImage image = new BufferedImage(28, 28, BufferedImage.TYPE_INT_RGB);
      image.setRGB(i, 3, 0xff0000);
      ImageIO.write(image, "png", data.resolve(i + ".png").toFile());
    }
    String words =
        "pretrain --device cpu --batch-size 2 --max-steps 1 --data " + data + " --out " + directory;
    String lost = "the images are in colour, the network takes grey ones; --channels 3 keeps it";
    CommandLineRun grey = CommandLineRun.of((words + "/grey").split(" ", -1));
    assertTrue(grey.out().contains(lost), grey.out() + grey.err());
    for (String more : new String[] {"/colour --channels 3", "/asked --channels 1"}) {
      CommandLineRun run = CommandLineRun.of((words + more).split(" ", -1));
      assertEquals(0, run.code(), run.err());
      assertFalse(run.out().contains("colour, "), run.out());
    }
  }

  /** The log goes to the process's own stream. */
  @Test
  void namesADamagedFirstImageOnce(@TempDir Path directory) throws Exception {
    Path data = Files.createDirectories(directory.resolve("data"));
    Files.writeString(data.resolve("0.png"), "no image");
    for (int i = 1; i < 4; i++) {
      BufferedImage image = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
      image.setRGB(i, 3, 0xffffff);
      ImageIO.write(image, "png", data.resolve(i + ".png").toFile());
    }
    String words = "pretrain --device cpu --batch-size 4 --max-steps 1 --max-corrupt 0.25";
    PrintStream err = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    CommandLineRun run;
    try {
      System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
      run =
          CommandLineRun.of(
              (words + " --data " + data + " --out " + directory + "/run").split(" ", -1));
    } finally {
      System.setErr(err);
    }
    assertEquals(0, run.code(), run.err());
    String said = log.toString(StandardCharsets.UTF_8);
    assertEquals(2, said.split("0\\.png: expected", -1).length, said);
  }

  /** Or a sweep would compare runs that are all the same. */
  @Test
  void refusesOptionsThatAConfigurationLeavesWithoutEffect() {
    assertOneLine(
        CommandLineRun.of(
            "pretrain --data fashion-mnist-sample --out never --config a.json --epochs 3"
                .split(" ", -1)),
        "--epochs: expected no --config beside it");
    assertOneLine(
        CommandLineRun.of(
            ("sweep --data fashion-mnist-sample --out never --config a.json"
                    + " --vary mask-ratio=0.5,0.75")
                .split(" ", -1)),
        "--mask-ratio: expected no --config beside it");
    assertFalse(Files.exists(Path.of("never")), "nothing was begun");
  }

  @Test
  void trainsInOtherPrecisionPartsAndReplicas(@TempDir Path directory) throws Exception {
    Path run = directory.resolve("run");
    String[] words =
        ("pretrain --data fashion-mnist-sample --devices cpu,cpu --batch-size 16 --max-steps 1"
                + " --precision bfloat16 --accumulate 2 --clip-norm 1.5 --checkpoint-activations"
                + " --on-nan rollback --out")
            .split(" ", -1);
    String[] line = Arrays.copyOf(words, words.length + 1);
    line[words.length] = run.toString();
    CommandLineRun done = CommandLineRun.of(line);
    assertEquals(0, done.code(), done.err());
    assertTrue(done.out().contains("on cpu,cpu"), done.out());
    assertTrue(done.out().contains("1 step, loss "), done.out());
    PretrainConfig config = PretrainConfig.fromJson(Files.readString(run.resolve("config.json")));
    Numerics expected =
        new Numerics(Precision.BFLOAT16, 2, 1.5, true, Numerics.OnNonFinite.ROLLBACK);
    assertEquals(expected, config.numerics());
  }

  @Test
  void refusesNumericsThatCannotBe() {
    refuses("--precision", "int8", "expected one of float32, bfloat16, float16");
    refuses("--accumulate", "0", "--accumulate: expected a whole number of at least 1");
    refuses("--clip-norm", "-1", "--clip-norm: expected");
    refuses("--on-nan", "ignore", "expected one of fail, rollback");
    refuses("--devices", "cpu,tpu", "expected cpu, cuda, cuda:N or auto, found tpu");
  }

  @Test
  void refusesMasksThatCannotBe() {
    refuses("--mask-ratio", "0", "mask ratio: expected more than 0 and less than 1, found 0.0");
    refuses("--mask-ratio", "1", "mask ratio: expected more than 0 and less than 1, found 1.0");
    refuses("--mask-ratio", "NaN", "mask ratio: expected more than 0 and less than 1, found NaN");
    refuses("--mask-ratio", "0.99", "with at least one of 49 patches kept and one removed");
    refuses("--mask-ratio", "1e-12", "with at least one of 49 patches kept and one removed");
    refuses("--mask-ratio", "0.5:0.99@3", "with at least one of 49 patches kept");
    refuses("--mask-ratio", "half", "mask ratio: expected a number such as 0.75, or a ramp");
    refuses("--mask", "blok", "did you mean block");
    refuses("--mask", "block:least=2", "mask block: expected a least block");
    refuses("--mask", "custom:name=mine", "custom masks come from Java code");
  }

  private static void refuses(String option, String value, String message) {
    CommandLineRun run =
        CommandLineRun.of(
            "pretrain", "--data", "fashion-mnist-sample", "--out", "x", option, value);
    assertEquals(2, run.code(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  @Test
  void watchesTheRun(@TempDir Path directory) throws Exception {
    Path run = directory.resolve("run");
    CommandLineRun line =
        CommandLineRun.of(
            "pretrain",
            "--data",
            "fashion-mnist-sample",
            "--out",
            run.toString(),
            "--device",
            "cpu",
            "--batch-size",
            "16",
            "--max-steps",
            "1",
            "--val-share",
            "0.02",
            "--log-every",
            "1",
            "--tensorboard");
    assertEquals(0, line.code(), line.err());
    assertTrue(line.out().contains("report: " + run.resolve("report.html")), line.out());
    assertTrue(Files.readString(run.resolve("metrics.jsonl")).contains("\"visible_similarity\""));
    assertTrue(
        Files.readString(run.resolve("report.html"))
            .contains("./lacuna pretrain --data fashion-mnist-sample"));
    try (var files = Files.list(run.resolve("tensorboard"))) {
      assertEquals(1, files.count());
    }
    CommandLineRun again =
        CommandLineRun.of("replay", "--run", run.toString(), "--step", "1", "--device", "cpu");
    assertEquals(0, again.code(), again.err());
    assertTrue(again.out().contains("bit for bit"), again.out());
  }

  @Test
  void refusesAServerThatIsNone() {
    assertOneLine(
        CommandLineRun.of(
            "pretrain", "--data", "fashion-mnist-sample", "--out", "x", "--mlflow", "here"),
        "--mlflow: expected the address of a server");
    CommandLineRun secret =
        CommandLineRun.of(
            "pretrain --data fashion-mnist-sample --out x --mlflow http://me:secret@localhost:1"
                .split(" ", -1));
    assertOneLine(secret, "--mlflow, MLFLOW_TRACKING_URI: expected an address without name");
    assertFalse(secret.err().contains("secret"), secret.err());
  }

  @Test
  void padsInTrainingAndAfterIt(@TempDir Path directory) throws Exception {
    String run = directory.resolve("run").toString();
    String words =
        "pretrain --data fashion-mnist-sample --device cpu --batch-size 16 --max-steps 1 --fit pad"
            + " --image-size 32x48 --patch-size 16 --out ";
    CommandLineRun line = CommandLineRun.of((words + run).split(" ", -1));
    assertEquals(0, line.code(), line.err());
    PretrainConfig config =
        PretrainConfig.fromJson(Files.readString(directory.resolve("run/config.json")));
    assertEquals(Augmentation.padded(true), config.augmentation());
    Path bundle = directory.resolve("bundle");
    CommandLineRun export =
        CommandLineRun.of("export", "--encoder", run, "--out", bundle.toString());
    assertEquals(0, export.code(), export.err());
    assertEquals(Preprocessing.Fit.PAD, Bundle.open(bundle).manifest().preprocessing().fit());
    assertOneLine(
        CommandLineRun.of((words + run + " --min-crop 0.5").split(" ", -1)),
        "--min-crop: expected no --fit pad beside it");
    assertOneLine(
        CommandLineRun.of(
            (words + run + "2 --fit stretch").replace("--fit pad ", "").split(" ", -1)),
        "--fit: expected crop, pad or keep, found stretch");
  }

  @Test
  void padsToWholePatchesWithoutScaling(@TempDir Path directory) throws Exception {
    String run = directory.resolve("run").toString();
    String words =
        "pretrain --data fashion-mnist-sample --device cpu --batch-size 16 --max-steps 1"
            + " --image-size 28x30 --patch-size 16 --out "
            + run;
    assertOneLine(
        CommandLineRun.of(words.split(" ", -1)),
        "patchSize: expected a divisor of the image's 28x30 pixels, found 16");
    CommandLineRun line = CommandLineRun.of((words + " --fit keep").split(" ", -1));
    assertEquals(0, line.code(), line.err());
    assertTrue(
        line.out().contains("28 x 30 is padded to 32 x 32, whole patches of 16"), line.out());
    try (Encoder encoder = Encoders.load(run, Device.cpu(), Terminal.system())) {
      Pixels shirt = FashionMnist.sample().test().get(3).pixels();
      Pixels seen = encoder.preprocessing().apply(shirt);
      assertEquals("Pixels[32, 32, 1]", seen.toString());
      assertArrayEquals(shirt.data(), seen.crop(2, 2, 28, 28).data());
    }
    CommandLineRun probe =
        CommandLineRun.of(
            ("probe --data fashion-mnist-sample --device cpu --image-size 40x40 --blocks 1"
                    + " --encoder "
                    + run)
                .split(" ", -1));
    assertEquals(0, probe.code(), probe.err());
  }

  @Test
  void refusesAProbeThatIsNone(@TempDir Path directory) {
    String words = "pretrain --data fashion-mnist-sample --device cpu --out " + directory;
    assertOneLine(
        CommandLineRun.of((words + " --probe-every 1 --probe forest").split(" ", -1)),
        "--probe: expected linear, knn or both, found forest");
    assertOneLine(
        CommandLineRun.of((words + " --probe linear").split(" ", -1)),
        "--probe: expected --probe-every beside it");
  }

  @Test
  void probesWithAFolderPerClass(@TempDir Path directory) throws Exception {
    Path data = directory.resolve("data");
    for (int i = 0; i < 40; i++) {
      Path folder = Files.createDirectories(data.resolve(i % 2 == 0 ? "dark" : "light"));
      BufferedImage image = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
      image.getRaster().setSample(i % 28, 3, 0, 255);
      for (int x = 0; x < 28 && i % 2 == 1; x++) {
        image.getRaster().setSample(x, i / 2, 0, 200);
      }
      ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
    }
    String words =
        " --device cpu --batch-size 8 --max-steps 1 --channels 1 --image-size 28 --probe-every 1";
    for (String more : new String[] {"", " --val-share 0.5"}) {
      Path run = directory.resolve("run" + more.length());
      CommandLineRun line =
          CommandLineRun.of(
              ("pretrain --data " + data + words + more + " --out " + run).split(" ", -1));
      assertEquals(0, line.code(), line.err());
      String metrics = Files.readString(run.resolve("metrics.jsonl"));
      assertTrue(metrics.contains("linear") && metrics.contains("knn"), metrics);
    }
    assertOneLine(
        CommandLineRun.of(
            ("pretrain --data " + data.resolve("dark") + words + " --out " + directory + "/x")
                .split(" ", -1)),
        "--probe-every: " + data.resolve("dark") + ": expected a folder per class");
  }

  @Test
  void saysWhatTheRunWillBeWithoutBeginningIt(@TempDir Path directory) {
    Path run = directory.resolve("run");
    CommandLineRun line =
        CommandLineRun.of(
            "pretrain",
            "--data",
            "fashion-mnist-sample",
            "--out",
            run.toString(),
            "--device",
            "cpu",
            "--batch-size",
            "16",
            "--lr",
            "1.6e-2",
            "--decoder-kind",
            "cross",
            "--preflight");
    assertEquals(0, line.code(), line.err());
    assertTrue(line.out().contains("input       28 × 28 × 1, patches of 4 × 4\n"), line.out());
    assertTrue(
        line.out()
            .contains("12 of 49 patches are visible: the encoder sees 13 tokens, the decoder 37"),
        line.out());
    assertTrue(line.out().contains("0.001 at its peak, 0.016 · 16 / 256"), line.out());
    assertTrue(line.out().contains("7,500 steps of "), line.out());
    assertFalse(Files.exists(run));
  }

  @Test
  void asksForTheData() {
    assertOneLine(CommandLineRun.of("pretrain", "--out", "x"), "--data: expected a value");
  }

  @Test
  void namesTheMissingData() {
    assertOneLine(
        CommandLineRun.of("pretrain", "--data", "no-such-folder", "--out", "x"),
        "no-such-folder: expected fashion-mnist");
  }

  @Test
  void refusesAnImageThatPatchesDoNotDivide() {
    assertOneLine(
        CommandLineRun.of(
            "pretrain", "--data", "fashion-mnist-sample", "--out", "x", "--image-size", "30"),
        "patchSize: expected a divisor");
  }

  @Test
  void suggestsTheModelThatWasMeant() {
    CommandLineRun run =
        CommandLineRun.of(
            "pretrain",
            "--data",
            "fashion-mnist-sample",
            "--out",
            "x",
            "--model",
            "vit_smal_patch16_224");
    assertOneLine(run, "--model: expected one of ");
    assertTrue(run.err().contains("did you mean vit_small_patch16_224"), run.err());
  }
}
