package ai.lacuna.vit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class VitConfigTest {
  private static VitConfig deep(int depth) {
    return new VitConfig(28, 28, 1, 4, 64, depth, 2, 4, VitConfig.Positions.SIN_COS);
  }

  @Test
  void aDepthThatNobodyMeansIsRefused() {
    assertEquals(VitConfig.MAX_DEPTH, deep(VitConfig.MAX_DEPTH).depth());
    IllegalArgumentException encoder =
        assertThrows(IllegalArgumentException.class, () -> deep(VitConfig.MAX_DEPTH + 1));
    assertEquals("depth: expected at most 1000 blocks, found 1001", encoder.getMessage());
    IllegalArgumentException decoder =
        assertThrows(
            IllegalArgumentException.class,
            () -> new DecoderConfig(64, VitConfig.MAX_DEPTH + 1, 4, 4));
    assertEquals("decoder depth: expected at most 1000 blocks, found 1001", decoder.getMessage());
  }
}
