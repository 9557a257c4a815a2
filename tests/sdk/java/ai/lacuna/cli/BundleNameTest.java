package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.CacheFolder;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pixels;
import ai.lacuna.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bundle in the cache, by the name of the zoo's encoder that it was made of with a head. */
class BundleNameTest {
  private static final String CACHE = "lacuna.cache";
  private static final String ENCODER = "vit_micro_patch4_28.mae_fashion_mnist";

  private final Path folder;

  BundleNameTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void setCache() {
    System.setProperty(CACHE, folder.resolve("cache").toString());
  }

  @AfterEach
  void unsetCache() {
    System.clearProperty(CACHE);
  }

  /** A classifier of that encoder's input, which says that it was made of some weights. */
  private static void cache(String weightsSha256) throws IOException {
    Path bundle = Files.createDirectories(CacheFolder.bundle(ENCODER));
    Path fixture = Path.of(System.getProperty("lacuna.root", "."), "tests/fixtures/bundle-tiny");
    try (var files = Files.list(fixture)) {
      for (Path file : files.toList()) {
        Files.copy(file, bundle.resolve(file.getFileName().toString()));
      }
    }
    Path manifest = bundle.resolve(Manifest.FILE);
    String text = Files.readString(manifest);
    String producer = "\"producer\": ";
    assertTrue(text.contains(producer), text);
    Files.writeString(
        manifest,
        text.replaceFirst(
            producer, "\"weights_sha256\": \"%s\",\n  %s".formatted(weightsSha256, producer)));
  }

  private CommandLineRun predict(String bundle) throws IOException {
    Path image = folder.resolve("black.png");
    ImageIO.write(Pixels.of(28, 28, 1, new byte[784]).toBufferedImage(), "png", image.toFile());
    return CommandLineRun.of("predict", "--bundle", bundle, image.toString());
  }

  @Test
  void predictsWithTheZoosWeights() throws IOException {
    cache(Zoo.open().require(ENCODER).weights().sha256());
    CommandLineRun run = predict(ENCODER);
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("black.png: "), run.out());
  }

  @Test
  void asksForAHead() throws IOException {
    cache(Zoo.open().require(ENCODER).weights().sha256());
    Path bundle = CacheFolder.bundle(ENCODER);
    Path manifest = bundle.resolve(Manifest.FILE);
    Files.writeString(
        manifest, Files.readString(manifest).replace("\"classifier.onnx\"", "\"other.onnx\""));
    Files.move(bundle.resolve("classifier.onnx"), bundle.resolve("other.onnx"));
    String found = bundle + ": expected a bundle with a head, found an encoder alone; ";
    assertOneLine(
        predict(ENCODER), found + "run: lacuna probe --encoder " + ENCODER + " --data DATA --save");
    assertOneLine(
        predict(bundle.toString()),
        found + "export it again, of a fine-tuned encoder or with --head HEAD");
  }

  /** A file stands where the cache belongs, as good as a file system that is read-only. */
  @Test
  void saysWhatToDoAboutACacheThatCannotBeWritten() throws IOException {
    Files.writeString(folder.resolve("cache"), "no folder");
    CommandLineRun run = CommandLineRun.of("export", "--encoder", ENCODER, "--cached");
    assertOneLine(run, "--cached: expected a cache that can be written, found " + folder);
    assertTrue(run.err().contains("set LACUNA_CACHE to another folder, or give --out"), run.err());
  }

  @Test
  void namesWhatFitsTheHeadAnewToOtherWeights() throws IOException {
    cache("0".repeat(64));
    assertOneLine(
        predict(ENCODER),
        ENCODER
            + ": expected a bundle of the weights that the zoo has, found one of others; run: "
            + "lacuna probe --encoder "
            + ENCODER
            + " --data DATA --save head.safetensors, then: lacuna export --encoder "
            + ENCODER
            + " --head head.safetensors --cached");
  }
}
