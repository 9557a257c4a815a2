package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.batch.BatchOptions;
import ai.lacuna.serving.batch.Batcher;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bundle serves alike from a folder, a zip and the class path. */
class BundlePlacesTest {
  /** The same model and machine; a batch's size may change the order of sums. */
  private static final float ROUNDING = 1e-5f;

  private final Path folder;
  private final Path temp;

  BundlePlacesTest(@TempDir Path temp) throws IOException {
    this.temp = temp;
    this.folder = Files.createDirectory(temp.resolve("folder"));
    TinyBundle.copyTo(folder);
  }

  @Test
  void servesFromAZip() throws IOException {
    assertServes(Bundle.open(zip("at-root.zip", "")));
    assertServes(Bundle.open(zip("in-folder.zip", "shirts/v1/")));
  }

  @Test
  void servesFromTheClassPath() throws IOException {
    Path jar = zip("app.jar", "models/shirts/");
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
      assertServes(Bundle.openResource("models/shirts", loader));
      assertServes(Bundle.openResource("/models/shirts/", loader));
      BundleException e =
          assertThrows(BundleException.class, () -> Bundle.openResource("models/hats", loader));
      assertEquals(
          "class path models/hats/manifest.json: expected the manifest of a bundle, found no such"
              + " resource; put the folder that lacuna export wrote among the resources",
          e.getMessage());
    }
  }

  @Test
  void servesFromAnotherFileSystem() throws IOException {
    try (FileSystem jar = FileSystems.newFileSystem(zip("app.jar", "models/shirts/"))) {
      Bundle bundle = Bundle.open(jar.getPath("/models/shirts"));
      assertServes(bundle);
      assertTrue(bundle.find("encoder.pt").isEmpty());
    }
  }

  @Test
  void refusesAZipInAnotherFileSystem() throws IOException {
    Path outer = temp.resolve("outer.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(outer))) {
      zip.putNextEntry(new ZipEntry("shirts.zip"));
      Files.copy(zip("shirts.zip", ""), zip);
    }
    try (FileSystem jar = FileSystems.newFileSystem(outer)) {
      Path inner = jar.getPath("/shirts.zip");
      BundleException e = assertThrows(BundleException.class, () -> Bundle.open(inner));
      assertEquals("a zip in another file system", e.found());
    }
  }

  @Test
  void servesByNameFromTheCache() throws IOException {
    System.setProperty("lacuna.cache", temp.resolve("cache").toString());
    try {
      BundleException e =
          assertThrows(BundleException.class, () -> Bundle.openCached("tiny.random"));
      assertEquals("run: lacuna export --encoder tiny.random --cached", e.nextStep());
      Path place = temp.resolve("cache/bundles/tiny.random");
      TinyBundle.copyTo(Files.createDirectories(place));
      assertServes(Bundle.openCached("tiny.random"));
      assertThrows(BundleException.class, () -> Bundle.openCached("../cache/bundles/tiny.random"));
    } finally {
      System.clearProperty("lacuna.cache");
    }
  }

  @Test
  void saysThatAFileInAZipHasNoPath() throws IOException {
    Bundle bundle = Bundle.open(zip("a.zip", ""));
    assertTrue(bundle.find("encoder.pt").isEmpty());
    assertEquals(
        "unpack the bundle and open the folder",
        assertThrows(BundleException.class, () -> bundle.require("encoder.pt")).nextStep());
    assertTrue(bundle.location().endsWith("a.zip"));
  }

  @Test
  void refusesAFileThatIsNoZipAndAZipWithoutBundle() throws IOException {
    Path text = Files.writeString(temp.resolve("model.zip"), "<html>not found</html>");
    BundleException e = assertThrows(BundleException.class, () -> Bundle.open(text));
    assertEquals(text.toString(), e.file());
    assertEquals("a folder or a zip of it", e.expected());
    Path empty = temp.resolve("empty.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(empty))) {
      zip.putNextEntry(new ZipEntry("readme.txt"));
    }
    assertEquals(
        "none in it", assertThrows(BundleException.class, () -> Bundle.open(empty)).found());
  }

  @Test
  void refusesAZipWithTwoBundles() throws IOException {
    Path two = temp.resolve("two.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(two))) {
      add(zip, "a/");
      add(zip, "b/");
    }
    BundleException e = assertThrows(BundleException.class, () -> Bundle.open(two));
    assertEquals("a/manifest.json and b/manifest.json", e.found());
  }

  @Test
  void refusesAnEntryThatUnpacksToMoreThanTheManifestSays() throws IOException {
    Path bomb = temp.resolve("bomb.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(bomb))) {
      zip.putNextEntry(new ZipEntry("manifest.json"));
      Files.copy(folder.resolve("manifest.json"), zip);
      zip.putNextEntry(new ZipEntry("encoder.pt"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 8; i++) {
        zip.write(zeros);
      }
    }
    BundleException e = assertThrows(BundleException.class, () -> Bundle.open(bomb));
    assertEquals("encoder.pt", e.file());
    assertEquals("more", e.found());
  }

  @Test
  void refusesAZipThatChangedAfterItWasOpened() throws IOException {
    Path file = zip("a.zip", "");
    Bundle bundle = Bundle.open(file);
    byte[] encoder = Files.readAllBytes(folder.resolve("encoder.onnx"));
    encoder[encoder.length / 2] ^= 1;
    Files.write(folder.resolve("encoder.onnx"), encoder);
    Files.move(zip("b.zip", ""), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    BundleException e = assertThrows(BundleException.class, bundle::encoder);
    assertTrue(e.found().startsWith("sha256 "));
  }

  @Test
  void namesAnEntryThatDoesNotUnpack() throws IOException {
    Path file = zip("a.zip", "");
    byte[] bytes = Files.readAllBytes(file);
    String name = "encoder.onnx";
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(name) + name.length();
    bytes[at] |= 6; // The first block is of a kind that there is not.
    Files.write(file, bytes);
    BundleException e = assertThrows(BundleException.class, () -> Bundle.open(file));
    assertEquals(file + " " + name, e.file());
    assertEquals("copy the whole archive again", e.nextStep());
  }

  @Test
  void takesNoModelOutOfAZipWithoutTheWeightsThatLieBesideIt() throws IOException {
    byte[] weights = {1, 2, 3};
    Files.write(folder.resolve("encoder.onnx.data"), weights);
    list("encoder.onnx.data", weights);
    Bundle.open(folder).encoder().close();
    Bundle zipped = Bundle.open(zip("a.zip", ""));
    BundleException e = assertThrows(BundleException.class, zipped::encoder);
    assertEquals("unpack the bundle and open the folder", e.nextStep());
    zipped.classifier().close();
  }

  @Test
  void takesNoWeightsFromTheFolderThatTheProcessWasStartedIn() throws IOException {
    String name = name();
    Path file = Files.write(Path.of(name), keepWeightsIn(name));
    try {
      Bundle zipped = Bundle.open(zip("outside.zip", ""));
      BundleException e = assertThrows(BundleException.class, zipped::encoder);
      assertTrue(e.found().contains("norm.weight"), e.found());
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void takesNoWeightsFromAFileThatTheManifestDoesNotName() throws IOException {
    String name = name();
    byte[] weights = keepWeightsIn(name);
    Files.write(folder.resolve(name), weights);
    BundleException e = assertThrows(BundleException.class, Bundle.open(folder)::encoder);
    assertEquals("encoder.onnx", e.file());
    assertEquals("some in " + name, e.found());

    list(name, weights);
    assertServes(Bundle.open(folder));
  }

  /** 50 letters, so that what names the file is as long as the 16 floats in its place. */
  private static String name() {
    return "lacuna-test-" + UUID.randomUUID() + "-x";
  }

  /** Changes the encoder to have some weights in another file; its content. */
  private byte[] keepWeightsIn(String name) throws IOException {
    byte[] model = Files.readAllBytes(folder.resolve("encoder.onnx"));
    String before = "norm.weightJ@";
    int start = new String(model, StandardCharsets.ISO_8859_1).indexOf(before) + before.length();
    assertTrue(start >= before.length());
    byte[] weights = Arrays.copyOfRange(model, start, start + 64);
    byte[] outside = ("j>\n\blocation\0222" + name + "p\1").getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(outside, 0, model, start - 2, outside.length);
    Path manifest = folder.resolve(Manifest.FILE);
    String digest = Sha256.of(folder.resolve("encoder.onnx"));
    Files.writeString(manifest, Files.readString(manifest).replace(digest, Sha256.of(model)));
    Files.write(folder.resolve("encoder.onnx"), model);
    return weights;
  }

  /** Names a file in the manifest. */
  private void list(String name, byte[] content) throws IOException {
    Path manifest = folder.resolve(Manifest.FILE);
    JsonObject json = JsonParser.parseString(Files.readString(manifest)).getAsJsonObject();
    JsonObject entry = new JsonObject();
    entry.addProperty("size", content.length);
    entry.addProperty("sha256", Sha256.of(content));
    json.getAsJsonObject("files").add(name, entry);
    Files.writeString(manifest, json.toString());
  }

  @Test
  void batchesTheCallsOfManyThreads() throws IOException {
    List<Pixels> images = TinyBundle.sample(folder).images();
    BatchOptions options = BatchOptions.defaults().withMaxDelay(Duration.ofMillis(50));
    try (OnnxEncoder encoder = OnnxEncoder.open(folder);
        Batcher<Prepared, float[]> front = encoder.batched(Pooling.CLS, options)) {
      List<CompletableFuture<float[]>> answers =
          images.stream().map(encoder::prepare).map(front::submit).toList();
      for (int i = 0; i < images.size(); i++) {
        assertArrayEquals(
            encoder.embed(images.get(i), Pooling.CLS), answers.get(i).join(), ROUNDING);
      }
    }
    try (OnnxClassifier classifier = OnnxClassifier.open(folder);
        Batcher<Prepared, List<Prediction>> front = classifier.batched(1, options)) {
      assertEquals(
          classifier.classify(images.get(0), 1).get(0).label(),
          front.submit(classifier.prepare(images.get(0))).join().get(0).label());
    }
  }

  @Test
  void refusesAnImageThatWasPreparedForAnotherModel() throws IOException {
    Path other = Files.createDirectory(temp.resolve("other"));
    TinyBundle.copyTo(other);
    Manifest manifest =
        Manifest.fromJson(Files.readString(other.resolve("manifest.json")), "manifest.json");
    Preprocessing size = manifest.preprocessing();
    Preprocessing grown =
        new Preprocessing(
            2 * size.height(),
            2 * size.width(),
            size.channels(),
            size.mean(),
            size.std(),
            size.interpolation(),
            size.cropFraction(),
            size.fit());
    Prepared image = Prepared.of(TinyBundle.sample(folder).images().get(0), grown);
    try (OnnxEncoder encoder = OnnxEncoder.open(folder)) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> encoder.embedPrepared(List.of(image), Pooling.CLS));
      assertTrue(String.valueOf(e.getMessage()).endsWith("prepare it with the model that gets it"));
    }
  }

  private void assertServes(Bundle bundle) throws IOException {
    Pixels image = TinyBundle.sample(folder).images().get(0);
    try (OnnxEncoder expected = OnnxEncoder.open(folder);
        OnnxEncoder encoder = bundle.encoder();
        OnnxClassifier classifier = bundle.classifier(ServingOptions.defaults().withArena(false))) {
      assertArrayEquals(expected.embed(image), encoder.embed(image));
      assertFalse(classifier.classify(image, 1).isEmpty());
    }
  }

  private Path zip(String name, String prefix) throws IOException {
    Path file = temp.resolve(name);
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      add(zip, prefix);
    }
    return file;
  }

  private void add(ZipOutputStream zip, String prefix) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        zip.putNextEntry(new ZipEntry(prefix + file.getFileName()));
        Files.copy(file, zip);
      }
    }
  }
}
