package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.ImageDataset;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** The same forty images as a folder with tables, and as shards with {@code .json} members. */
@TestInstance(Lifecycle.PER_CLASS)
class LabelOptionsTest {
  private static final int IMAGES = 40;

  private Path folder = Path.of("");
  private String pictures = "";
  private String shards = "";
  private String csv = "";
  private String lines = "";

  @BeforeAll
  void data(@TempDir Path temporary) throws IOException {
    folder = temporary;
    ImageDataset images = FashionMnist.sample().train();
    Path in = Files.createDirectories(folder.resolve("pictures"));
    StringBuilder commas = new StringBuilder("path,kind\n");
    StringBuilder json = new StringBuilder();
    List<String> objects = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      ImageIO.write(
          images.get(i).pixels().toBufferedImage(), "png", in.resolve(i + ".png").toFile());
      String label = images.label(i) < 5 ? "upper" : "lower";
      commas.append(i).append(".png,").append(label).append('\n');
      String fields =
          "\"kind\": \"%s\", \"labels\": [\"%s\"], \"values\": {\"row\": %d}"
              .formatted(label, label, i);
      json.append("{\"key\": \"").append(i).append("\", ").append(fields).append("}\n");
      objects.add("{" + fields + "}");
    }
    pictures = in.toString();
    csv = Files.writeString(folder.resolve("t.csv"), commas).toString();
    lines = Files.writeString(folder.resolve("t.jsonl"), json).toString();
    shards = folder.resolve("shards").toString();
    for (String part : List.of("train", "test")) {
      Path tar = Files.createDirectories(folder.resolve("shards").resolve(part)).resolve("0.tar");
      try (OutputStream out = Files.newOutputStream(tar);
          TarArchiveOutputStream archive = new TarArchiveOutputStream(out)) {
        for (int i = 0; i < IMAGES; i++) {
          ByteArrayOutputStream png = new ByteArrayOutputStream();
          ImageIO.write(images.get(i).pixels().toBufferedImage(), "png", png);
          add(archive, i + ".png", png.toByteArray());
          add(archive, i + ".json", objects.get(i).getBytes(StandardCharsets.UTF_8));
        }
      }
    }
  }

  private static void add(TarArchiveOutputStream archive, String name, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes.length);
    archive.putArchiveEntry(entry);
    archive.write(bytes);
    archive.closeArchiveEntry();
  }

  private static CommandLineRun run(String command, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                command,
                "--encoder",
                "vit_micro_patch4_28.mae_fashion_mnist",
                "--device",
                "cpu",
                "--batch-size",
                "16"));
    words.addAll(Arrays.asList(more));
    return CommandLineRun.of(words.toArray(String[]::new));
  }

  private String[][] sources() {
    return new String[][] {
      {"--data", pictures, "--csv", csv, "--test-csv", csv},
      {"--data", pictures, "--labels", lines, "--test-labels", lines, "--label-key", "kind"},
      {"--data", shards, "--label-key", "kind"}
    };
  }

  private static String[] with(String[] words, String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(words));
    all.addAll(Arrays.asList(more));
    return all.toArray(String[]::new);
  }

  @Test
  void aProbeFindsTheSameLabelsInAllThree() {
    List<String> texts = new ArrayList<>();
    for (String[] source : sources()) {
      CommandLineRun line = run("probe", with(source, "--protocol", "knn"));
      assertEquals(0, line.code(), line.err());
      texts.add(line.out().replaceAll("[0-9.]+ s\\b", "").replaceAll("pictures|train|test", ""));
    }
    assertTrue(texts.get(0).contains("40"), texts.get(0));
    assertEquals(texts.get(0), texts.get(1));
    assertEquals(texts.get(0), texts.get(2));
  }

  @Test
  void fineTuningLearnsClassesLabelsAndValues() throws IOException {
    for (String[] source : sources()) {
      String out = folder.resolve("classes" + source.length).toString();
      CommandLineRun line =
          run("finetune", with(source, "--out", out, "--epochs", "1", "--test", "--patience", "9"));
      assertEquals(0, line.code(), line.err());
      assertTrue(line.out().contains("test: top1"), line.out());
    }
    for (String target : List.of("labels", "values")) {
      String out = folder.resolve(target).toString();
      CommandLineRun line =
          run(
              "finetune",
              "--data",
              shards,
              "--target",
              target,
              "--out",
              out,
              "--epochs",
              "1",
              "--test");
      assertEquals(0, line.code(), line.err());
      String figure = target.equals("labels") ? "test: f1" : "test: mae";
      assertTrue(line.out().contains(figure), line.out());
      String page = Files.readString(Path.of(out, "report.html"));
      assertTrue(page.contains(target.equals("labels") ? "<h1>F1 " : "<h1>Mean error "), page);
      assertEquals(
          target.equals("values"), page.contains("Mean absolute error of held-out images"));
      assertPredicts(out, target);
    }
  }

  private void assertPredicts(String run, String target) {
    String bundle = run + "-bundle";
    CommandLineRun export = CommandLineRun.of("export", "--encoder", run, "--out", bundle);
    assertEquals(0, export.code(), export.err());
    String image = pictures + "/0.png";
    boolean labels = target.equals("labels");
    CommandLineRun plain = CommandLineRun.of("predict", "--bundle", bundle, image);
    assertEquals(0, plain.code(), plain.err());
    assertTrue(plain.out().startsWith(image + ": " + (labels ? "" : "row ")), plain.out());
    if (!labels) {
      assertOneLine(
          CommandLineRun.of("predict", "--bundle", bundle, "--top", "2", image),
          "--top: expected a bundle of classes, found values");
      return;
    }
    CommandLineRun all =
        CommandLineRun.of("predict", "--bundle", bundle, "--threshold", "0", image);
    assertTrue(all.out().contains("upper") && all.out().contains("lower"), all.out());
    CommandLineRun none =
        CommandLineRun.of("predict", "--bundle", bundle, "--threshold", "1", image);
    assertEquals(image + ": no label above 100.0 %", none.out().strip());
    assertOneLine(
        CommandLineRun.of("predict", "--bundle", bundle, "--top", "2", image),
        "--top: expected a bundle of classes, found labels");
  }

  @Test
  void namesOfClassesThatLookLikeSeveralLabelsAreHintedAt() throws IOException {
    assertEquals(1, hints("upper|wool", "upper|silk", "lower"));
    assertEquals(1, hints("upper", "upper | wool", "lower"));
    // A name may have a |.
    assertEquals(0, hints("shirt|top", "coat", "dress|gown"));
  }

  @Test
  void testImagesThatAreTrainedOnAreWarnedOf() throws IOException {
    List<String> rows = Files.readAllLines(Path.of(csv));
    String first = table("first.csv", rows.subList(1, 20));
    String same = table("same.csv", rows.subList(19, IMAGES + 1));
    String rest = table("rest.csv", rows.subList(20, IMAGES + 1));
    String out = folder.resolve("overlap").toString();
    String warning =
        "1 image for training and test, such as " + Path.of(pictures).resolve("18.png");
    for (String[] command :
        new String[][] {{"probe", "--protocol", "knn"}, {"finetune", "--out", out, "--test"}}) {
      String[] options = Arrays.copyOfRange(command, 1, command.length);
      CommandLineRun line =
          run(command[0], with(options, "--data", pictures, "--csv", first, "--test-csv", same));
      assertEquals(0, line.code(), line.err());
      assertTrue(line.err().contains(warning), line.err());
    }
    CommandLineRun line =
        run(
            "probe",
            with(
                new String[] {"--protocol", "knn"},
                "--data",
                pictures,
                "--csv",
                first,
                "--test-csv",
                rest));
    assertEquals(0, line.code(), line.err());
    assertTrue(!line.err().contains("for training and test"), line.err());
  }

  private String table(String name, List<String> rows) throws IOException {
    return Files.writeString(folder.resolve(name), "path,kind\n" + String.join("\n", rows) + "\n")
        .toString();
  }

  private long hints(String... names) throws IOException {
    StringBuilder table = new StringBuilder("path,label\n");
    for (int i = 0; i < IMAGES; i++) {
      table.append(i).append(".png,").append(names[i % names.length]).append('\n');
    }
    String file = Files.writeString(folder.resolve("several.csv"), table).toString();
    CommandLineRun line =
        run(
            "probe",
            with(
                new String[] {"--data", pictures, "--csv", file, "--test-csv", file},
                "--protocol",
                "knn"));
    assertEquals(0, line.code(), line.err());
    return line.out()
        .lines()
        .filter(l -> l.startsWith(file) && l.contains("'lacuna finetune --target labels'"))
        .count();
  }

  @Test
  void saysWhatDoesNotGoTogether() {
    String out = folder.resolve("never").toString();
    String[] tune = {"--out", out};
    assertOneLine(
        run("finetune", with(tune, "--data", pictures, "--csv", csv, "--labels", lines)),
        "--labels: expected no --csv beside it");
    assertOneLine(
        run("finetune", with(tune, "--data", pictures, "--test-labels", lines)),
        "--test-labels: expected --labels beside it");
    assertOneLine(
        run("finetune", with(tune, "--data", pictures, "--csv", csv, "--label-key", "kind")),
        "--label-key: expected JSON, found --csv");
    assertOneLine(
        run("finetune", with(tune, "--data", "fashion-mnist-sample", "--target", "values")),
        "fashion-mnist-sample: expected tar shards with labels in .json members, found IDX files");
    assertOneLine(
        run("probe", "--data", pictures, "--labels", lines, "--label-key", "kind"),
        "--labels: expected --test-labels beside it, the table of test images, found none");
    assertOneLine(
        run("finetune", with(tune, "--data", pictures, "--csv", csv, "--test")),
        "--csv: expected --test-csv beside it, the table of test images, found none");
    assertOneLine(
        run("finetune", with(tune, "--data", pictures, "--csv", csv, "--test-csv", csv)),
        "--test-csv: expected --test beside it, which judges on these images, found none");
    assertOneLine(
        run("probe", "--data", "fashion-mnist-sample", "--csv", csv),
        "--data: expected the folder that the paths of --csv begin at, found fashion-mnist-sample");
    assertOneLine(
        run("probe", "--data", pictures, "--labels", lines, "--test-labels", lines),
        lines + ", line 1: expected a field label or cls, found [key, kind, labels, values];");
    assertOneLine(
        run("probe", "--data", shards),
        shards + ": expected labelled images, found no label; give --label-key");
    assertFalse(Files.exists(folder.resolve("never")));
  }
}
