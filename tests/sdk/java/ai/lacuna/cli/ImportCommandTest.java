package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.CacheFolder;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.zoo.ModelCard;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooEntry;
import ai.lacuna.zoo.ZooTable;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImportCommandTest {
  private static final Fixture EXPECTED = Fixture.read("import/expected");

  /** float32 against float64. */
  private static final double VALUES = 1e-5;

  private final Path folder;

  ImportCommandTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static String file(String name) {
    try {
      return Path.of(
              Objects.requireNonNull(
                      ImportCommandTest.class.getResource("/fixtures/import/" + name), name)
                  .toURI())
          .toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Pixels> images() {
    Dense images = EXPECTED.dense("images");
    List<Pixels> all = new ArrayList<>();
    int size = images.values().length / images.dim(0);
    for (int i = 0; i < images.dim(0); i++) {
      byte[] bytes = new byte[size];
      for (int j = 0; j < size; j++) {
        bytes[j] = (byte) (int) images.values()[i * size + j];
      }
      all.add(Pixels.of(images.dim(1), images.dim(2), images.dim(3), bytes));
    }
    return all;
  }

  /** Images of the fixtures have the network's size: nothing must be cropped. */
  private static CommandLineRun run(String fixture, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "import",
                "--from",
                file(fixture),
                "--heads",
                "2",
                "--decoder-heads",
                "2",
                "--crop-fraction",
                "1"));
    words.addAll(List.of(more));
    return CommandLineRun.of(words.toArray(String[]::new));
  }

  private CommandLineRun intoZoo(String fixture, String name, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of("--name", name, "--zoo", folder.toString(), "--license", "CC-BY-NC-4.0"));
    words.addAll(List.of(more));
    return run(fixture, words.toArray(String[]::new));
  }

  private static void assertFine(CommandLineRun run) {
    assertEquals(0, run.code(), run.err());
  }

  private static Dense dense(float[][] rows) {
    float[] all = new float[rows.length * rows[0].length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, all, i * rows[0].length, rows[0].length);
    }
    return Dense.of(all, rows.length, rows[0].length);
  }

  @Test
  void makesAnEntryThatIsLoadedByName() throws IOException {
    CommandLineRun run = intoZoo("mae-training.pth", "vit_tiny.mae", "--allow-namespace");
    assertFine(run);
    assertTrue(run.out().contains("CC-BY-NC-4.0, which forbids commercial use"), run.out());
    assertTrue(run.out().contains("unwrapped model"), run.out());

    ZooEntry entry = Zoo.at(folder).require("vit_tiny.mae");
    assertEquals("CC-BY-NC-4.0", entry.listing().about().license());
    assertTrue(
        entry.listing().about().source().contains("mae-training.pth, 52325 bytes, SHA-256 "),
        entry.listing().about().source());
    assertTrue(entry.autoencoder().orElseThrow().normPixLoss());
    assertTrue(ModelCard.of(entry).contains("license: cc-by-nc-4.0"), ModelCard.of(entry));
    assertTrue(ZooTable.show(entry).contains("licence"), ZooTable.show(entry));
    try (Encoder encoder = entry.load(Device.cpu())) {
      Dense tokens = EXPECTED.dense("mae-training/tokens");
      int width = tokens.dim(2);
      float[][] cls = encoder.embed(images(), Pooling.CLS);
      for (int i = 0; i < cls.length; i++) {
        for (int d = 0; d < width; d++) {
          assertEquals(tokens.values()[i * tokens.dim(1) * width + d], cls[i][d], VALUES);
        }
      }
    }
  }

  @Test
  void zooImportIsTheSameCommand() {
    CommandLineRun run =
        CommandLineRun.of("zoo", "import", "--from", file("mae-encoder.pth"), "--heads", "2");
    assertFine(run);
    assertTrue(run.out().contains("names of facebookresearch/mae"), run.out());
    assertTrue(
        run.out().contains("12 x 12 x 3 pixels, patches of 4, width 16, 2 blocks"), run.out());
    assertTrue(run.out().contains("nothing written"), run.out());
    assertFine(CommandLineRun.of("zoo", "import", "--help"));
  }

  @Test
  void anExistingEntryIsNotReplaced() throws IOException {
    assertFine(intoZoo("mae-encoder.pth", "a"));
    byte[] before = Files.readAllBytes(folder.resolve("a/encoder.safetensors"));
    CommandLineRun again = intoZoo("hf-vitmae.pth", "a");
    assertEquals(2, again.code());
    assertTrue(again.err().contains("expected no entry of that name, found one"), again.err());
    assertArrayEquals(before, Files.readAllBytes(folder.resolve("a/encoder.safetensors")));
    assertFine(intoZoo("hf-vitmae.pth", "b"));
    assertEquals(2, Zoo.at(folder).list().size());
    assertEquals(1e-12, Zoo.at(folder).require("b").config().layerNormEpsilon());
  }

  @Test
  void aHeadIsKeptBesideTheEntry() throws IOException {
    Path run = folder.resolve("classifier");
    Path names = Files.writeString(folder.resolve("names.txt"), "a\nb\nc\nd\ne\n");
    assertFine(
        intoZoo("mae-finetuned.pth", "ft", "--out", run.toString(), "--classes", names.toString()));
    try (FineTuned model = FineTuned.load(run, Device.cpu())) {
      assertEquals(List.of("a", "b", "c", "d", "e"), model.names());
      Closeness.check(
          "logits", VALUES, EXPECTED.dense("mae-finetuned/logits"), dense(model.logits(images())));
    }
    Path bundle = folder.resolve("bundle");
    assertFine(
        CommandLineRun.of("export", "--encoder", run.toString(), "--out", bundle.toString()));
    assertTrue(Files.exists(bundle.resolve("classifier.onnx")));
  }

  private static void assertRefused(CommandLineRun run, String message) {
    assertEquals(2, run.code());
    assertTrue(run.err().contains(message) && run.err().strip().lines().count() == 1, run.err());
  }

  @Test
  void aHeadIsPublishedAndPredictsByName() throws IOException {
    Path run = folder.resolve("classifier");
    assertFine(run("mae-finetuned.pth", "--out", run.toString()));
    Path zoo = Files.createDirectory(folder.resolve("zoo"));
    String[] publish = {
      "zoo",
      "publish",
      "tiny.ft",
      "--run",
      run.toString(),
      "--zoo",
      zoo.toString(),
      "--cards",
      folder.resolve("cards").toString()
    };
    assertRefused(CommandLineRun.of(publish), "a draft is there now");
    Path about = zoo.resolve("tiny.ft/about.json");
    Files.writeString(about, Files.readString(about).replace("TO WRITE", "written"));
    assertFine(CommandLineRun.of(publish));
    ZooEntry entry = Zoo.at(zoo).require("tiny.ft");
    try (FineTuned model = entry.fineTuned(Device.cpu()).orElseThrow()) {
      Closeness.check(
          "logits", VALUES, EXPECTED.dense("mae-finetuned/logits"), dense(model.logits(images())));
    }
    String card = Files.readString(folder.resolve("cards/tiny.ft.md"));
    assertTrue(card.contains("pipeline_tag: image-classification"), card);

    Path image = folder.resolve("image.png");
    ImageIO.write(images().get(0).toBufferedImage(), "png", image.toFile());
    System.setProperty("lacuna.zoo", zoo.toString());
    System.setProperty("lacuna.cache", folder.resolve("cache").toString());
    try {
      String[] predict = {"predict", "--bundle", "tiny.ft", image.toString()};
      assertRefused(CommandLineRun.of(predict), "run: lacuna export --encoder tiny.ft --cached");
      assertRefused(
          CommandLineRun.of(
              "predict", "--bundle", "vit_micro_patch4_28.mae_fashion_mnist", image.toString()),
          "--head head.safetensors --cached");
      assertFine(CommandLineRun.of("export", "--encoder", "tiny.ft", "--cached"));
      CommandLineRun predicted = CommandLineRun.of(predict);
      assertFine(predicted);
      assertTrue(predicted.out().matches("(?s).*image.png: class_\\d .*"), predicted.out());

      Path manifest = CacheFolder.bundle("tiny.ft").resolve(Manifest.FILE);
      String digest = entry.weights().sha256();
      assertEquals(digest, Bundle.openCached("tiny.ft").manifest().weightsSha256());
      Files.writeString(
          manifest, Files.readString(manifest).replace(digest, "0".repeat(digest.length())));
      assertRefused(
          CommandLineRun.of(predict),
          "expected a bundle of the weights that the zoo has, found one of others; run: lacuna"
              + " export --encoder tiny.ft --cached");
    } finally {
      System.clearProperty("lacuna.zoo");
      System.clearProperty("lacuna.cache");
    }
  }

  @Test
  void aHeadIsDroppedOnRequestOnly() {
    CommandLineRun refused = intoZoo("timm.safetensors", "timm");
    assertEquals(2, refused.code());
    assertTrue(
        refused.err().contains("found one with a head of 5 outputs")
            && refused.err().contains("--drop-head"),
        refused.err());
    CommandLineRun dropped = intoZoo("timm.safetensors", "timm", "--drop-head");
    assertFine(dropped);
    assertTrue(dropped.out().contains("dropped the head: head.bias, head.weight"), dropped.out());
  }

  @Test
  void anEntryNeedsALicence() {
    CommandLineRun run = run("mae-encoder.pth", "--name", "a", "--zoo", folder.toString());
    assertEquals(2, run.code());
    assertTrue(
        run.err().startsWith("lacuna: --license: expected the licence of the weights"), run.err());
    assertTrue(run.err().contains("CC-BY-NC-4.0"), run.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mae-encoder.pth | --layout hfx           | --layout: expected one of mae, timm, hf
          mae-encoder.pth | --arch vit_bse_patch16 | --arch: expected one of
          mae-encoder.pth | --mean 0.5             | --std: expected a value, found none
          mae-encoder.pth | --image-size 13        | patchSize: expected a divisor of
          mae-encoder.pth | --out x                | --out: expected a file with a head
          mae-encoder.pth | --layout torchvision   | encoder alone
          mae-encoder.pth | --grid 3x4             | pos_embed: expected 1 + 3 x 4 rows
          mae-encoder.pth | --need-decoder         | they hold an encoder alone, where encoder and
          """)
  void wrongOptionsAreExplained(String fixture, String options, String message) {
    CommandLineRun run = run(fixture, options.split(" "));
    assertEquals(2, run.code(), run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(
        run.err().contains(message.equals("encoder alone") ? "patch_embed.proj.weight" : message),
        run.err());
  }

  @Test
  void anotherArchitectureIsOneLine() {
    assertOneLine(
        run("mae-encoder.pth", "--arch", "vit_base_patch16_224"),
        file("mae-encoder.pth")
            + ": the weights do not fit the architecture; they look like a ViT");
  }

  /** Files that are no weights, each with what it is and the next step. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          torch-save-module.pth | found the Python object torch.nn.modules | save model.state_dict()
          torch-save-script.pt  | found a TorchScript archive              | save its state_dict()
          torch-save-tensor.pth | expected named tensors, found none       | save model.state_dict()
          torch-save-model.pth  | expected the names of mae, timm, hf      | save the state_dict()
          mixed.safetensors     | expected the names of mae, timm, hf      | save the state_dict()
          """)
  void otherFilesAreNamed(String name, String found, String next) {
    CommandLineRun run = CommandLineRun.of("import", "--from", file("../weights/" + name));
    assertOneLine(run, Path.of(file("../weights/" + name)) + ": ");
    assertTrue(run.err().contains(found) && run.err().contains(next), run.err());
  }

  @Test
  void aMissingFileIsNamed() {
    assertOneLine(
        CommandLineRun.of("import", "--from", "no.pth"), "no.pth: no such file or directory");
    assertOneLine(
        CommandLineRun.of("import", "--from", "https://example.org/vit.pth"),
        "https://example.org/vit.pth: expected a file or folder, found an address; download it");
    assertOneLine(CommandLineRun.of("import"), "--from: expected a value, found none");
  }
}
