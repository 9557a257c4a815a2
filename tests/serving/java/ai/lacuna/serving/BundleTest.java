package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BundleTest {
  private static final byte[] CONTENT = "a model, or nearly".getBytes(StandardCharsets.UTF_8);

  private final Path folder;

  BundleTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    Files.write(folder.resolve("encoder.onnx"), CONTENT);
    manifest(folder, "encoder.onnx", new Manifest.FileEntry(CONTENT.length, Sha256.of(CONTENT)));
  }

  @Test
  void opensWhatIsAsTheManifestSays() throws IOException {
    Bundle bundle = Bundle.open(folder);
    assertEquals("tiny", bundle.manifest().name());
    assertEquals(folder.resolve("encoder.onnx"), bundle.require("encoder.onnx"));
    assertEquals(Optional.empty(), bundle.find("classifier.onnx"));
    assertFalse(bundle.hasClassifier());
  }

  @Test
  void saysThatThereIsNoClassifier() throws IOException {
    BundleException e = assertThrows(BundleException.class, Bundle.open(folder)::classifier);
    assertEquals(
        "manifest.json files: expected classifier.onnx, found encoder.onnx;"
            + " export the bundle with a trained head to classify",
        e.getMessage());
  }

  @Test
  void saysWhichOfTwoKindsOfHeadThereIs() throws IOException {
    assertEquals(
        "export the bundle with a head that predicts values",
        assertThrows(BundleException.class, Bundle.open(folder)::regressor).nextStep());
    Files.write(folder.resolve("regressor.onnx"), CONTENT);
    manifest(folder, "regressor.onnx", new Manifest.FileEntry(CONTENT.length, Sha256.of(CONTENT)));
    assertTrue(Bundle.open(folder).hasRegressor());
    assertEquals(
        "this bundle predicts values, open its regressor",
        assertThrows(BundleException.class, Bundle.open(folder)::classifier).nextStep());
    Files.write(folder.resolve("classifier.onnx"), CONTENT);
    manifest(folder, "classifier.onnx", new Manifest.FileEntry(CONTENT.length, Sha256.of(CONTENT)));
    assertEquals(
        "this bundle classifies, open its classifier",
        assertThrows(BundleException.class, Bundle.open(folder)::regressor).nextStep());
  }

  @Test
  void refusesAFolderWithoutManifest() throws IOException {
    Files.delete(folder.resolve("manifest.json"));
    assertEquals("a folder without one", refuse().found());
    BundleException e =
        assertThrows(BundleException.class, () -> Bundle.open(folder.resolve("absent")));
    assertEquals("no such folder", e.found());
  }

  @Test
  void refusesAMissingFile() throws IOException {
    Files.delete(folder.resolve("encoder.onnx"));
    assertEquals(
        "encoder.onnx: expected a file, found nothing; copy the whole bundle again",
        refuse().getMessage());
  }

  @Test
  void refusesATruncatedFile() throws IOException {
    Files.write(folder.resolve("encoder.onnx"), new byte[3]);
    BundleException e = refuse();
    assertEquals("18 bytes", e.expected());
    assertEquals("3 bytes", e.found());
  }

  @Test
  void recognisesAGitLfsPointer() throws IOException {
    Files.writeString(
        folder.resolve("encoder.onnx"), "version https://git-lfs.github.com/spec/v1\noid ...");
    assertEquals("run git lfs pull", refuse().nextStep());
  }

  @Test
  void refusesChangedContent() throws IOException {
    byte[] changed = CONTENT.clone();
    changed[5] ^= 1;
    Files.write(folder.resolve("encoder.onnx"), changed);
    BundleException e = refuse();
    assertEquals("sha256 " + Sha256.of(CONTENT), e.expected());
    assertEquals("sha256 " + Sha256.of(changed), e.found());
  }

  @Test
  void refusesADigestThatIsNone() throws IOException {
    manifest(folder, "encoder.onnx", new Manifest.FileEntry(CONTENT.length, "unknown"));
    assertEquals("unknown", refuse().found());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../encoder.onnx",
        "/etc/passwd",
        "sub/encoder.onnx",
        "..",
        ".",
        "",
        "a\\..\\b",
        "C:encoder",
        ".hidden",
        "a\u0000b"
      })
  void refusesNamesThatLeaveTheFolder(String name) throws IOException {
    manifest(folder, name, new Manifest.FileEntry(CONTENT.length, Sha256.of(CONTENT)));
    assertEquals(name, refuse().found());
  }

  @Test
  void refusesAManifestWithoutFiles() throws IOException {
    Files.writeString(folder.resolve("manifest.json"), Manifests.of(Map.of()).toJson());
    assertEquals("none", refuse().found());
  }

  @Test
  void refusesAModelThatRuntimeCannotOpen() throws IOException {
    BundleException none = assertThrows(BundleException.class, Bundle.open(folder)::encoder);
    assertEquals("encoder.onnx", none.file());
    assertEquals("a model that ONNX Runtime opens", none.expected());

    byte[] versionAlone = {8, 7};
    Files.write(folder.resolve("encoder.onnx"), versionAlone);
    manifest(
        folder,
        "encoder.onnx",
        new Manifest.FileEntry(versionAlone.length, Sha256.of(versionAlone)));
    BundleException e = assertThrows(BundleException.class, Bundle.open(folder)::encoder);
    assertEquals("encoder.onnx", e.file());
    assertEquals("a model that ONNX Runtime opens", e.expected());
    assertTrue(e.getCause() instanceof ai.onnxruntime.OrtException);
  }

  @Test
  void digestsFilesAsBytes() throws IOException {
    Path large = folder.resolve("large");
    byte[] bytes = new byte[200_001];
    bytes[200_000] = 7;
    Files.write(large, bytes);
    assertEquals(Sha256.of(bytes), Sha256.of(large));
    assertEquals(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        Sha256.of("abc".getBytes(StandardCharsets.UTF_8)));
  }

  private static void manifest(Path folder, String name, Manifest.FileEntry entry)
      throws IOException {
    Files.writeString(folder.resolve("manifest.json"), Manifests.of(Map.of(name, entry)).toJson());
  }

  private BundleException refuse() {
    return assertThrows(BundleException.class, () -> Bundle.open(folder));
  }
}
