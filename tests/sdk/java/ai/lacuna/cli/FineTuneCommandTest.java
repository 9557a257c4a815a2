package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.augment.Mixing;
import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.finetune.FineTuneConfig;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.finetune.TestScores;
import ai.lacuna.serving.Bundle;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooStudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FineTuneCommandTest {
  private static final String ENCODER = "vit_micro_patch4_28.mae_fashion_mnist";

  private final Path directory;

  FineTuneCommandTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private CommandLineRun finetune(String... more) {
    List<String> words =
        new ArrayList<>(
            List.of("finetune", "--encoder", ENCODER, "--device", "cpu", "--batch-size", "16"));
    words.addAll(Arrays.asList(more));
    return CommandLineRun.of(words.toArray(String[]::new));
  }

  private String out(String name) {
    return directory.resolve(name).toString();
  }

  @Test
  void leavesARunThatExportsAndIsProbedAsAnEncoder() throws IOException {
    String run = out("run");
    CommandLineRun line =
        finetune(
            "--data",
            "fashion-mnist-sample",
            "--label-share",
            "0.02",
            "--out",
            run,
            "--plan",
            "head@1, all@1",
            "--lr",
            "0.01",
            "--patch-drop",
            "0,0.5",
            "--cutmix",
            "1",
            "--mixup-prob",
            "0.5",
            "--test");
    assertEquals(0, line.code(), line.err());
    assertTrue(line.out().contains("test: top1"), line.out());
    assertTrue(line.out().contains("class (test)"), line.out());
    assertTrue(line.out().lines().anyMatch(l -> l.matches("Ankle boot +[\\d.]+ % .*")), line.out());
    reportsTheTest(Path.of(run), line.out());
    FineTuneConfig config =
        FineTuneConfig.fromJson(Files.readString(Path.of(run).resolve("config.json")));
    assertEquals(List.of(0.0, 0.5), config.regularization().patchDrop());
    assertEquals(new Mixing(0, 1, 0.5, 0.5), config.augmentation().mixing());
    assertTrue(FineTuned.isRun(Path.of(run)));
    CommandLineRun export = CommandLineRun.of("export", "--encoder", run, "--out", out("bundle"));
    assertEquals(0, export.code(), export.err());
    assertEquals(10, Bundle.open(directory.resolve("bundle")).manifest().labels().size());
    assertOneLine(
        CommandLineRun.of("export", "--encoder", run, "--out", "never", "--image-size", "32"),
        "--image-size: expected none");
    publishes(run);
  }

  /** Figures, classes and confusions of the terminal are in the page, which fetches nothing. */
  private static void reportsTheTest(Path run, String printed) throws IOException {
    String page = Files.readString(run.resolve("report.html"));
    Matcher top1 = Pattern.compile("test: top1 ([0-9.]+ %)").matcher(printed);
    assertTrue(top1.find(), printed);
    assertTrue(page.contains("<dt>top-1</dt><dd>" + top1.group(1) + "</dd>"), printed);
    assertTrue(page.contains("<h2>On the test images</h2>"));
    assertTrue(page.contains("on 1,000 images"));
    assertTrue(page.contains("Recognised, by class") && page.contains("class=\"confusion\""));
    assertTrue(page.contains("<th scope=\"row\">Ankle boot</th>"));
    assertFalse(page.contains("http://") || page.contains("https://"));
  }

  /** The run becomes an entry, which is exported by its name. */
  private void publishes(String run) throws IOException {
    String zoo = out("published");
    Path about = Files.createDirectories(Path.of(zoo, "vit_micro.clothes")).resolve("about.json");
    String[] publish = {
      "zoo", "publish", "vit_micro.clothes", "--run", run, "--zoo", zoo, "--cards", out("cards")
    };
    CommandLineRun refused = CommandLineRun.of(publish);
    assertEquals(2, refused.code());
    assertTrue(refused.err().contains("a draft is there now"), refused.err());
    Files.writeString(about, Files.readString(about).replace("TO WRITE", "said"));
    CommandLineRun line = CommandLineRun.of(publish);
    assertEquals(0, line.code(), line.err());
    assertTrue(Files.exists(Path.of(out("cards"), "vit_micro.clothes.md")));
    System.setProperty("lacuna.zoo", zoo);
    try {
      CommandLineRun export =
          CommandLineRun.of("export", "--encoder", "vit_micro.clothes", "--out", out("named"));
      assertEquals(0, export.code(), export.err());
      assertEquals(10, Bundle.open(directory.resolve("named")).manifest().labels().size());
    } finally {
      System.clearProperty("lacuna.zoo");
    }
  }

  @Test
  void becomesAStudyOfTheZoosEntry() throws IOException {
    Path zoo = directory.resolve("zoo");
    copy(Path.of(System.getProperty("lacuna.root", ".")).resolve("zoo"), zoo);
    String runs = out("runs");
    Files.createDirectories(Path.of(runs));
    assertOneLine(
        CommandLineRun.of("zoo", "record", ENCODER, "--zoo", zoo.toString(), "--runs", runs),
        runs + ": expected directories of fine-tuning runs of this encoder");
    List<Double> accuracies = new ArrayList<>();
    for (String seed : List.of("3", "4")) {
      String run = out("runs/" + seed);
      CommandLineRun line =
          finetune(
              "--data",
              "fashion-mnist-sample",
              "--label-share",
              "0.01",
              "--val-share",
              "0",
              "--seed",
              seed,
              "--out",
              run,
              "--epochs",
              "1",
              "--schedule",
              "constant",
              "--test");
      assertEquals(0, line.code(), line.err());
      TestScores scores = TestScores.find(Path.of(run)).orElseThrow();
      assertEquals(1000, scores.images());
      assertEquals(40, scores.labelled());
      accuracies.add(100 * scores.figures().getOrDefault("top1", Double.NaN));
    }
    CommandLineRun line =
        CommandLineRun.of("zoo", "record", ENCODER, "--zoo", zoo.toString(), "--runs", runs);

    assertEquals(0, line.code(), line.err());
    List<ZooStudy> studies =
        Zoo.at(zoo).require(ENCODER).studies().stream()
            .filter(study -> study.labels() == 40)
            .toList();
    assertEquals(1, studies.size());
    assertEquals("fine-tuned at once, rates decay:0.75", studies.get(0).method());
    assertEquals((accuracies.get(0) + accuracies.get(1)) / 2, studies.get(0).mean(), 0.01);
    assertTrue(studies.get(0).run().command().contains("--seed 3"), studies.toString());
    assertTrue(line.out().contains("(2 seeds)"), line.out());
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  @Test
  void takesImagesOfAnotherSize() throws IOException {
    String run = out("larger");
    CommandLineRun line =
        finetune(
            "--data",
            "fashion-mnist-sample",
            "--label-share",
            "0.02",
            "--image-size",
            "36x32",
            "--out",
            run,
            "--epochs",
            "1");
    assertEquals(0, line.code(), line.err());
    CommandLineRun export = CommandLineRun.of("export", "--encoder", run, "--out", out("bundle"));
    assertEquals(0, export.code(), export.err());
    Bundle bundle = Bundle.open(directory.resolve("bundle"));
    assertEquals(36, bundle.manifest().preprocessing().height());
    assertEquals(32, bundle.manifest().preprocessing().width());
    assertOneLine(
        finetune("--data", "fashion-mnist-sample", "--image-size", "30", "--out", out("odd")),
        "patchSize: expected a divisor of the image's 30x30 pixels, found 4");
  }

  @Test
  void readsATable() throws IOException {
    StringBuilder table = new StringBuilder("path,label\n");
    ImageDataset images = FashionMnist.sample().train();
    for (int i = 0; i < 40; i++) {
      Path file = directory.resolve(i + ".png");
      ImageIO.write(images.get(i).pixels().toBufferedImage(), "png", file.toFile());
      table.append(i).append(".png,").append(images.label(i) < 5 ? "upper" : "lower").append('\n');
    }
    Path csv = Files.writeString(directory.resolve("table.csv"), table);
    CommandLineRun line =
        finetune(
            "--data",
            directory.toString(),
            "--csv",
            csv.toString(),
            "--test-csv",
            csv.toString(),
            "--test",
            "--out",
            out("run"),
            "--epochs",
            "1");
    assertEquals(0, line.code(), line.err());
    assertTrue(line.out().contains("of 40 images"), line.out());
  }

  @Test
  void namesDataThatHasOneClassOnly() throws IOException {
    ImageDataset images = FashionMnist.sample().train();
    for (String part : List.of("train", "test")) {
      Path folder = Files.createDirectories(directory.resolve(part).resolve("coat"));
      for (int i = 0; i < 20; i++) {
        ImageIO.write(
            images.get(i).pixels().toBufferedImage(), "png", folder.resolve(i + ".png").toFile());
      }
    }
    assertOneLine(
        finetune("--data", directory.toString(), "--out", out("a"), "--epochs", "1"),
        "train: expected at least 2 classes, found [coat]; add another class");
    assertTrue(Files.notExists(directory.resolve("a")));
  }

  /** As 'lacuna pretrain' does; the peak rate goes with the batch that was asked for. */
  @Test
  void refusesABatchThatTheImagesCannotFill() {
    String[] ten = {
      "--data", "fashion-mnist-sample", "--label-share", "0.0025", "--val-share", "0"
    };
    assertOneLine(
        finetune(with(ten, "--out", out("never"))),
        "fashion-mnist-sample/train, a share of it: expected at least one batch of 16 images, found"
            + " 10; choose a smaller batch size");
    assertOneLine(
        finetune(with(ten, "--find-lr")),
        "fashion-mnist-sample/train, a share of it: expected at least 16 samples, found 10; take a"
            + " smaller batch or more data");
    String[] usual = {
      "finetune", "--encoder", ENCODER, "--device", "cpu", "--epochs", "1", "--out", out("usual")
    };
    CommandLineRun line = CommandLineRun.of(with(usual, ten));
    assertEquals(0, line.code(), line.err());
    assertTrue(line.out().contains("1 step, "), line.out());
  }

  private static String[] with(String[] words, String... more) {
    return Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray(String[]::new);
  }

  @Test
  void saysWhatIsWrong() {
    String data = "fashion-mnist-sample";
    assertOneLine(
        finetune("--data", data, "--out", out("a"), "--plan", "last7@2"),
        "unfreeze plan: expected at most the 6 blocks of the encoder, found last7@2");
    assertOneLine(
        finetune("--data", data, "--out", out("a"), "--plan", "top@2"),
        "unfreeze plan: expected phases such as head@2");
    assertOneLine(
        finetune("--data", data, "--out", out("a"), "--rates", "steep"), "rates: expected flat");
    assertOneLine(
        finetune("--data", data, "--out", out("a"), "--rates", "groups:head=1,blocks.9.=0.1"),
        "rates: expected groups of the network's parameters, found blocks.9.");
    assertOneLine(
        finetune("--data", data, "--out", out("a"), "--epochs", "3", "--plan", "all@2"),
        "--epochs: expected no --plan beside it");
    assertOneLine(
        finetune("--data", data, "--out", out("a"), "--mixup-prob", "0.5"),
        "--mixup-prob: expected --mixup or --cutmix beside it, found neither");
    assertOneLine(
        finetune("--data", data, "--out", out("a"), "--patch-drop", "0.5,1"),
        "--patch-drop: expected numbers of at least 0 and less than 1, such as 0.75,0");
    assertOneLine(
        finetune("--data", data, "--out", out("a"), "--epochs", "1", "--patch-drop", "0.5,0"),
        "patch drop: expected no more rates than the plan has phases, 1, found 2");
    assertOneLine(
        finetune("--data", data, "--out", out("a"), "--target", "values"),
        "fashion-mnist-sample: expected tar shards with labels in .json members");
    assertTrue(Files.notExists(directory.resolve("a")));
  }

  @Test
  void looksForARateOfTheWidestPhaseWithoutADirectory() {
    CommandLineRun line =
        finetune(
            "--data",
            "fashion-mnist-sample",
            "--label-share",
            "0.02",
            "--plan",
            "head@1, last1@1",
            "--find-lr");
    assertEquals(0, line.code(), line.err());
    assertTrue(line.out().contains("training the layers of last1@1"), line.out());
    Matcher rates =
        Pattern.compile(
                "try --lr (\\S+) \\(of 256 images; a step of 16 has a rate of (\\S+) then\\)")
            .matcher(line.out());
    assertTrue(rates.find(), line.out());
    assertEquals(
        Double.parseDouble(rates.group(1)) / 16,
        Double.parseDouble(rates.group(2)),
        0.1 * Double.parseDouble(rates.group(2)));
    assertOneLine(
        finetune("--data", "fashion-mnist-sample"),
        "--out: expected a value, found none; give --out DIR");
  }
}
