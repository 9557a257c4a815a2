package ai.lacuna.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HalfFloatsTest {

  @Test
  void roundsEveryFloat16ToItself() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = HalfFloats.fromFloat16((short) bits);
      short back = HalfFloats.toFloat16(value);
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(HalfFloats.fromFloat16(back)));
      } else {
        assertEquals((short) bits, back, "bits " + bits);
      }
    }
  }

  @Test
  void roundsToTheNearestAndTiesToEven() {
    for (int bits = 0; bits < 0x7bff; bits++) {
      float below = HalfFloats.fromFloat16((short) bits);
      float above = HalfFloats.fromFloat16((short) (bits + 1));
      float middle = (below + above) / 2; // exact in float32
      int even = bits % 2 == 0 ? bits : bits + 1;
      assertEquals(even, HalfFloats.toFloat16(middle));
      assertEquals(bits, HalfFloats.toFloat16(Math.nextDown(middle)));
      assertEquals(bits + 1, HalfFloats.toFloat16(Math.nextUp(middle)));
      assertEquals((short) (bits | 0x8000), HalfFloats.toFloat16(-Math.nextDown(middle)));
    }
  }

  @Test
  void overflowsFromHalfAStepAboveTheGreatest() {
    assertEquals(0x7bff, HalfFloats.toFloat16(Math.nextDown(65520f)));
    assertEquals(0x7c00, HalfFloats.toFloat16(65520f));
    assertEquals((short) 0xfc00, HalfFloats.toFloat16(Float.NEGATIVE_INFINITY));
  }
}
