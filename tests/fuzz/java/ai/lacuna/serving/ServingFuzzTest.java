package ai.lacuna.serving;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

/** Manifests and images are read, or refused in words. */
class ServingFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void manifest(byte[] json) {
    try {
      Manifest manifest = Manifest.fromJson(new String(json, StandardCharsets.UTF_8), "input");
      Manifest.fromJson(manifest.toJson(), "written");
    } catch (BundleException refused) {
      if (!String.valueOf(refused.getMessage()).contains("expected")) {
        throw new AssertionError("no message for people", refused);
      }
    }
  }

  @FuzzTest(maxDuration = "2m")
  void image(byte[] file) {
    try {
      Pixels pixels = Pixels.read(file, "input");
      if (pixels.data().length != pixels.height() * pixels.width() * pixels.channels()) {
        throw new AssertionError("pixels: " + pixels);
      }
    } catch (ImageException refused) {
      if (!String.valueOf(refused.getMessage()).startsWith("input")) {
        throw new AssertionError("no message for people", refused);
      }
    }
  }
}
