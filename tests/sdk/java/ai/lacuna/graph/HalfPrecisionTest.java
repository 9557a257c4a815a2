package ai.lacuna.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HalfPrecisionTest {
  /** IEEE 754-2019, section 3.4, for 5 bits of exponent and 10 of fraction. */
  private static double value(int bits) {
    int exponent = (bits >> 10) & 31;
    int fraction = bits & 1023;
    double magnitude =
        exponent == 0
            ? Math.scalb((double) fraction, -24)
            : Math.scalb(1024.0 + fraction, exponent - 25);
    return (bits & 0x8000) == 0 ? magnitude : -magnitude;
  }

  @Test
  void keepsEveryFiniteHalf() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      if (((bits >> 10) & 31) != 31) {
        assertEquals((short) bits, HalfPrecision.bits((float) value(bits)), "bits " + bits);
      }
    }
  }

  @Test
  void takesTheNearestHalfAndOfTwoTheEvenOne() {
    Random random = new Random(3);
    for (int i = 0; i < 200_000; i++) {
      float x = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(44) - 28));
      // Every other one lies just between two halves.
      if (i % 2 == 0) {
        int bits = random.nextInt(0x7bff);
        x = (float) ((value(bits) + value(bits + 1)) / 2);
      }
      if (Math.abs(x) >= 65504) {
        continue;
      }
      int found = HalfPrecision.bits(x) & 0xffff;
      double error = Math.abs(value(found) - x);
      for (int other : new int[] {found - 1, found + 1}) {
        if ((other & 0x8000) == (found & 0x8000) && (other & 0x7fff) < 0x7c00) {
          double further = Math.abs(value(other) - x);
          assertTrue(error < further || (error == further && found % 2 == 0), x + " " + found);
        }
      }
    }
  }

  @Test
  void goesToInfinityHalfAStepBeyondTheLargest() {
    assertEquals((short) 0x7bff, HalfPrecision.bits(65519.99f));
    assertEquals((short) 0x7c00, HalfPrecision.bits(65520f));
    assertEquals((short) 0xfc00, HalfPrecision.bits(Float.NEGATIVE_INFINITY));
    assertEquals(0x7e00, HalfPrecision.bits(Float.NaN) & 0x7fff);
    assertEquals((short) 0x8000, HalfPrecision.bits(-0f));
  }

  @Test
  void bfloat16IsTheNearestUpperHalf() {
    Random random = new Random(4);
    for (int i = 0; i < 100_000; i++) {
      int bits = random.nextInt();
      // Every other one lies just between two.
      float x = Float.intBitsToFloat(i % 2 == 0 ? bits : (bits & 0xffff0000) | 0x8000);
      if (!(Math.abs(x) < 3.38e38f)) {
        continue;
      }
      int found = HalfPrecision.upperBits(x) & 0xffff;
      double error = Math.abs((double) Float.intBitsToFloat(found << 16) - x);
      for (int other : new int[] {found - 1, found + 1}) {
        float neighbour = Float.intBitsToFloat(other << 16);
        if ((other & 0x8000) == (found & 0x8000) && Float.isFinite(neighbour)) {
          double further = Math.abs((double) neighbour - x);
          assertTrue(error < further || (error == further && found % 2 == 0), x + " " + found);
        }
      }
    }
    assertEquals((short) 0x7fc0, HalfPrecision.upperBits(Float.NaN));
    assertEquals((short) 0x7f80, HalfPrecision.upperBits(Float.MAX_VALUE));
  }
}
