package ai.lacuna.zoo;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

/** The index of a zoo is read, or refused in words. */
class IndexFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void index(byte[] json) {
    try {
      ZooJson.read(new String(json, StandardCharsets.UTF_8), ZooIndex.class, "index.json");
    } catch (ZooException refused) {
      if (!String.valueOf(refused.getMessage()).startsWith("index.json: ")) {
        throw new AssertionError("no message for people", refused);
      }
    }
  }
}
