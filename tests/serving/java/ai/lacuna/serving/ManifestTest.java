package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ManifestTest {
  private static final Manifest MANIFEST =
      Manifests.of(Map.of("encoder.onnx", new Manifest.FileEntry(12, "ab".repeat(32))));

  @Test
  void survivesJson() {
    assertEquals(MANIFEST, Manifest.fromJson(MANIFEST.toJson(), "m"));
  }

  @Test
  void ignoresKeysItDoesNotKnow() {
    String json = MANIFEST.toJson().replace("\"name\"", "\"later\": [1], \"name\"");
    assertEquals(MANIFEST, Manifest.fromJson(json, "m"));
  }

  @Test
  void readsParityOfTheFirstVersionWhichDidNotSayTheLimit() {
    String first = MANIFEST.toJson().replaceFirst("\"limit\": [^,]*,", "");
    Manifest read = Manifest.fromJson(first, "m");
    assertEquals(Double.NaN, read.parity().get(0).limit());
    assertEquals(read, Manifest.fromJson(read.toJson(), "m"));
  }

  @Test
  void saysWhatTheHeadPredicts() {
    for (String word : new String[] {"classes", "labels", "values"}) {
      Manifest read =
          Manifest.fromJson(MANIFEST.toJson().replace("\"classes\"", "\"" + word + "\""), "m");
      assertEquals(Manifest.Target.valueOf(word.toUpperCase(Locale.ROOT)), read.target());
      assertEquals(read, Manifest.fromJson(read.toJson(), "m"));
    }
    String first = MANIFEST.toJson().replace("\"target\": \"classes\",", "");
    assertEquals(MANIFEST, Manifest.fromJson(first, "m"));
    assertEquals(
        "m target: expected classes, labels, values or pixels, found boxes; use a newer lacuna-serving",
        refuse(MANIFEST.toJson().replace("\"classes\"", "\"boxes\"")).getMessage());
  }

  @Test
  void refusesAnotherVersion() {
    BundleException e =
        refuse(MANIFEST.toJson().replace("\"format_version\": 1", "\"format_version\": 2"));
    assertEquals(
        "m format_version: expected 1, found 2; use a newer lacuna-serving", e.getMessage());
  }

  @Test
  void refusesAnotherFormat() {
    BundleException e = refuse(MANIFEST.toJson().replace("lacuna-bundle", "package"));
    assertEquals("lacuna-bundle", e.expected());
    assertEquals("package", e.found());
  }

  @Test
  void namesTheValueThatIsMissing() {
    BundleException e = refuse(MANIFEST.toJson().replace("\"num_heads\"", "\"heads\""));
    assertEquals("m architecture num_heads", e.file());
    assertEquals("nothing", e.found());
  }

  @Test
  void namesTheValueOfAnotherType() {
    BundleException e = refuse(MANIFEST.toJson().replace("\"opset\": 20", "\"opset\": \"20\""));
    assertEquals("m opset", e.file());
    assertEquals("\"20\"", e.found());
  }

  @Test
  void refusesNumbersThatAreNotIntegers() {
    assertEquals(
        "20.5", refuse(MANIFEST.toJson().replace("\"opset\": 20", "\"opset\": 20.5")).found());
    assertEquals(
        "3000000000",
        refuse(MANIFEST.toJson().replace("\"opset\": 20", "\"opset\": 3000000000")).found());
  }

  @Test
  void refusesPreprocessingOutOfRange() {
    BundleException e =
        refuse(MANIFEST.toJson().replace("\"crop_fraction\": 0.875", "\"crop_fraction\": 2"));
    assertEquals("m preprocessing values", e.file());
  }

  @Test
  void refusesWhatIsNotStrictJson() {
    refuse("");
    refuse("<html>");
    refuse("[]");
    refuse("{");
    refuse("{'format': 'lacuna-bundle'}");
    refuse(MANIFEST.toJson() + "x");
    refuse(MANIFEST.toJson().replace("1.5E-7", "NaN"));
  }

  private static BundleException refuse(String json) {
    return assertThrows(BundleException.class, () -> Manifest.fromJson(json, "m"));
  }
}
