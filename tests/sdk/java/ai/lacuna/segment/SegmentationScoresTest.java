package ai.lacuna.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.DataException;
import ai.lacuna.serving.LogitMap;
import ai.lacuna.serving.Pixels;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SegmentationScoresTest {
  private static final double EXACT = 1e-12;
  private static final List<String> CLASSES = List.of("a", "b", "c", "d");

  /** Class 3 is never in a mask nor predicted; class 2 is only predicted. */
  private static final int SEEN = 2;

  private static final int SAID = 3;

  @Test
  void figuresAreThoseOfSetsOfPixels() {
    Random random = new Random(5);
    PixelTally tally = new PixelTally("test", CLASSES);
    List<Set<Integer>> are = List.of(new HashSet<>(), new HashSet<>(), new HashSet<>());
    List<Set<Integer>> said = List.of(new HashSet<>(), new HashSet<>(), new HashSet<>());
    double loss = 0;
    int counted = 0;
    for (int image = 0; image < 3; image++) {
      int height = 2 + image;
      float[] logits = new float[CLASSES.size() * height * 5];
      byte[] mask = new byte[height * 5];
      for (int i = 0; i < mask.length; i++) {
        int label = random.nextInt(5) == 0 ? Masks.IGNORED : random.nextInt(SEEN);
        int top = random.nextInt(SAID);
        mask[i] = (byte) label;
        double sum = 0;
        for (int k = 0; k < CLASSES.size(); k++) {
          logits[k * mask.length + i] = k == top ? 2 : random.nextFloat();
          sum += Math.exp(logits[k * mask.length + i]);
        }
        if (label != Masks.IGNORED) {
          int pixel = image * 1000 + i;
          are.get(label).add(pixel);
          said.get(top).add(pixel);
          loss -= Math.log(Math.exp(logits[label * mask.length + i]) / sum);
          counted++;
        }
      }
      LogitMap map = new LogitMap(logits, 0, CLASSES.size(), height, 5);
      tally.add(image, map, Pixels.of(height, 5, 1, mask));
    }
    SegmentationScores scores = tally.scores();
    double mean = 0;
    int right = 0;
    for (int k = 0; k < SAID; k++) {
      Set<Integer> both = new HashSet<>(are.get(k));
      both.retainAll(said.get(k));
      Set<Integer> either = new HashSet<>(are.get(k));
      either.addAll(said.get(k));
      right += both.size();
      mean += (double) both.size() / either.size() / SAID;
      assertEquals((double) both.size() / either.size(), scores.iou().get(k), EXACT);
    }
    assertTrue(Double.isNaN(scores.iou().get(SAID)));
    assertEquals(mean, scores.meanIou(), EXACT);
    assertEquals((double) right / counted, scores.pixelAccuracy(), EXACT);
    assertEquals(loss / counted, scores.loss(), 1e-9);
    assertEquals(counted, scores.pixels());
    assertEquals(List.of("miou", "pixelAccuracy", "loss"), List.copyOf(scores.figures().keySet()));
  }

  @Test
  void nothingToJudgeOnIsAnError() {
    PixelTally tally = new PixelTally("test", CLASSES);
    LogitMap map = new LogitMap(new float[4], 0, 4, 1, 1);
    tally.add(0, map, Pixels.of(1, 1, 1, new byte[] {(byte) Masks.IGNORED}));
    DataException e = assertThrows(DataException.class, tally::scores);
    assertTrue(String.valueOf(e.getMessage()).startsWith("test: expected pixels"), e.getMessage());
  }

  @Test
  void noClassIsTheGreatestOfNaN() {
    float[] logits = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, Float.NaN, 11};
    assertEquals(1, new LogitMap(logits, 0, 2, 1, 3).mask(1, 3).data()[0]);
    LogitMap second = new LogitMap(logits, 1, 2, 1, 3);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> second.mask(2, 6));
    assertEquals(
        "logits: expected finite numbers, found NaN for class 1 in row 0, column 1; check the"
            + " network's weights",
        e.getMessage());
  }

  /** Twice as wide: between the centres of two pixels, and beyond the outer ones. */
  @Test
  void logitsOfOtherSizesAreInterpolated() {
    LogitMap map = new LogitMap(new float[] {0, 8, 4, 4}, 0, 2, 1, 2);
    StringBuilder found = new StringBuilder();
    map.forEach(1, 4, (index, pixel) -> found.append(pixel[0]).append(' '));
    assertEquals("0.0 2.0 6.0 8.0 ", found.toString());
    assertEquals(1, map.mask(1, 4).data()[1]);
    assertEquals(0, map.mask(1, 4).data()[2]);
  }
}
