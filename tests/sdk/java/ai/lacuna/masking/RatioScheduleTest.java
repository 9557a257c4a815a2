package ai.lacuna.masking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class RatioScheduleTest {

  @Test
  void aNumberIsConstant() {
    RatioSchedule ratio = RatioSchedule.parse("0.6");
    assertEquals(0.6, ratio.at(0, 0));
    assertEquals(0.6, ratio.at(3, 900));
  }

  @Test
  void aRampBeginsAndEndsWhereItSays() {
    for (String prefix : List.of("", "linear:", "cosine:")) {
      RatioSchedule ratio = RatioSchedule.parse(prefix + "0.5:0.75@20");
      assertEquals(0.5, ratio.at(0, 0));
      assertEquals(0.625, ratio.at(0, 10), 1e-12);
      assertTrue(ratio.at(0, 19) < 0.75);
      assertEquals(0.75, ratio.at(0, 20));
      assertEquals(0.75, ratio.at(0, 500));
    }
    assertEquals(0.5625, RatioSchedule.parse("0.5:0.75@20").at(0, 5), 1e-12);
    double expected = 0.5 + 0.25 * (1 - Math.sqrt(0.5)) / 2; // (1 − cos(π / 4)) / 2
    assertEquals(expected, RatioSchedule.parse("cosine:0.5:0.75@20").at(0, 5), 1e-12);
    assertEquals(0.7, RatioSchedule.parse("0.8:0.6@4").at(0, 2), 1e-12);
  }

  @Test
  void randomAnnealingNarrowsTowardsTheLastRatio() {
    RatioSchedule ratio = RatioSchedule.parse("random:0.4:0.8@10");
    for (int epoch = 0; epoch < 10; epoch++) {
      double least = 0.4 + 0.04 * epoch;
      double sum = 0;
      for (int seed = 0; seed < 1000; seed++) {
        double r = ratio.at(seed, epoch);
        assertTrue(r >= least - 1e-12 && r <= 0.8, "epoch " + epoch + ": " + r);
        sum += r;
      }
      // Uniform: five deviations of a mean of 1000.
      double tolerance = 5 * (0.8 - least) / Math.sqrt(12 * 1000);
      assertEquals((least + 0.8) / 2, sum / 1000, tolerance, "epoch " + epoch);
    }
    assertEquals(0.8, ratio.at(1, 10));
    assertEquals(ratio.at(1, 3), ratio.at(1, 3));
    assertNotEquals(ratio.at(1, 3), ratio.at(2, 3));
    assertNotEquals(ratio.at(1, 3), ratio.at(1, 4));
  }

  @Test
  void readsItsOwnText() {
    for (String text : List.of("0.75", "0.5:0.75@20", "cosine:0.9:0.6@3", "random:0.5:0.75@400")) {
      assertEquals(text, RatioSchedule.parse(text).text());
    }
  }

  @Test
  void refusesRatiosOutsideOfZeroToOneAndOtherText() {
    for (String text :
        List.of(
            "0",
            "1",
            "-0.5",
            "1.5",
            "NaN",
            "Infinity",
            "0:0.5@3",
            "0.5:1@3",
            "NaN:0.5@2",
            "0.5:0.75@0",
            "0.5:0.75",
            "0.5@3",
            "sine:0.5:0.75@3",
            "0.5:0.75@-1",
            "",
            "half")) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> RatioSchedule.parse(text), text)
              .getMessage();
      assertTrue(String.valueOf(message).startsWith("mask ratio: expected "), message);
    }
  }

  @Test
  void aPlanKeepsTheCountOfItsEpochAndRefusesWhatLeavesNothing() {
    MaskPlan plan = new MaskPlan(new MaskStrategy.Grid(), RatioSchedule.parse("0.5:0.75@2"));
    assertEquals(98, plan.keep(196, 0, 0));
    assertEquals(73, plan.keep(196, 0, 1));
    assertEquals(49, plan.keep(196, 0, 2));
    plan.requireFit(4);
    assertThrows(IllegalArgumentException.class, () -> plan.requireFit(3));
    assertThrows(IllegalArgumentException.class, () -> new MaskPlan(1e-12).requireFit(49));
    assertEquals(1, new MaskPlan(0.9).keep(10, 0, 0));
  }
}
