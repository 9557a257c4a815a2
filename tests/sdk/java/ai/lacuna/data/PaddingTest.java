package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PaddingTest {
  private static final Pixels RGB = Pixels.of(1, 2, 3, new byte[] {1, 2, 3, 4, 5, 6});

  @Test
  void fitsAnySizeIntoOne() {
    Transform fit = new FitAndPad(4, 6, Interpolation.BILINEAR, List.of(255));
    Pixels tall = fit.apply(Pixels.of(8, 4, 1, new byte[32]), 0, 0, 0);
    byte[] row = {-1, -1, 0, 0, -1, -1};
    for (int y = 0; y < 4; y++) {
      assertArrayEquals(row, tall.crop(y, 0, 1, 6).data());
    }
    Pixels wide = fit.apply(Pixels.of(1, 12, 1, new byte[12]), 0, 0, 0);
    assertArrayEquals(new byte[6], wide.crop(1, 0, 1, 6).data());
    assertArrayEquals(new byte[] {-1, -1}, wide.crop(2, 0, 1, 2).data());
    Pixels exact = Pixels.of(4, 6, 1, new byte[24]);
    assertSame(exact, fit.apply(exact, 0, 0, 0));
  }

  /** The transform and what a network does to images after training are one algorithm. */
  @Test
  void fitsAsPreprocessingDoes() {
    List<Double> one = List.of(1.0);
    Preprocessing preprocessing =
        new Preprocessing(7, 10, 1, one, one, Interpolation.BICUBIC, 1, Preprocessing.Fit.PAD);
    Transform fit = new FitAndPad(7, 10, Interpolation.BICUBIC, List.of(255));
    for (int height = 1; height < 40; height += 6) {
      for (int width = 1; width < 40; width += 5) {
        byte[] noise = new byte[height * width];
        new Random(height).nextBytes(noise);
        Pixels image = Pixels.of(height, width, 1, noise);
        assertArrayEquals(preprocessing.apply(image).data(), fit.apply(image, 0, 0, 0).data());
      }
    }
  }

  @Test
  void rejectsAFillThatDoesNotFit() {
    assertThrows(IllegalArgumentException.class, () -> fitted(List.of()));
    assertThrows(IllegalArgumentException.class, () -> fitted(List.of(256)));
    assertThrows(DataException.class, () -> fitted(List.of(1, 2)).apply(RGB, 0, 0, 0));
  }

  private static FitAndPad fitted(List<Integer> fill) {
    return new FitAndPad(4, 4, Interpolation.BILINEAR, fill);
  }

  @Test
  void appliesOneTransformAfterAnother() {
    Transform both =
        fitted(List.of(7)).then(new FitAndPad(4, 6, Interpolation.BILINEAR, List.of(9)));
    Pixels square = fitted(List.of(7)).apply(RGB, 0, 0, 0);
    Pixels wide = both.apply(RGB, 0, 0, 0);
    assertArrayEquals(square.data(), wide.crop(0, 1, 4, 4).data());
    assertArrayEquals(new byte[] {9, 9, 9}, wide.crop(3, 5, 1, 1).data());
  }

  @Test
  void cropsWideResultsFromWideParts() {
    RandomResizedCrop wide = RandomResizedCrop.of(32, 96, 0.2);
    for (int i = 0; i < 500; i++) {
      Box box = wide.box(400, 400, CounterRandom.of(3, 0, i, Purpose.CROP));
      double ratio = box.width() / box.height();
      // 3 times 3/4 to 3 times 4/3, but for rounded sides.
      assertEquals(3, ratio, 1.05);
    }
  }
}
