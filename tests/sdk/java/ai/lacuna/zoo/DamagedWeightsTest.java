package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Safetensors has no checksum: what no reader can see there, the index's SHA-256 sees. */
class DamagedWeightsTest {
  private static final int DAMAGES = 1_000;
  private static final String NAME = "vit_tiny.test";

  private final Path zoo;

  DamagedWeightsTest(@TempDir Path zoo) {
    this.zoo = zoo;
  }

  private void assertRefused(Path file, byte[] content, String damage) throws IOException {
    Files.write(file, content);
    ZooException refusal =
        assertThrows(ZooException.class, () -> Zoo.at(zoo).require(NAME).weights(), damage);
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.startsWith(file.toString()) && message.contains("SHA-256"), message);
  }

  @Test
  void everyCutAndEveryFlippedBitIsSeen() throws IOException {
    ZooEntry entry = TinyEntries.publish(zoo, NAME, 1);
    String digest = entry.weights().sha256();
    Path file = zoo.resolve(NAME).resolve(ZooEntry.ENCODER);
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(6);
    for (int i = 0; i < DAMAGES; i++) {
      int length = random.nextInt(good.length);
      assertRefused(file, Arrays.copyOf(good, length), "cut to " + length);
      byte[] bad = good.clone();
      int bit = random.nextInt(8 * bad.length);
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      assertRefused(file, bad, "bit " + bit + " flipped");
    }
    Files.write(file, good);
    assertEquals(digest, Zoo.at(zoo).require(NAME).weights().sha256());
  }
}
