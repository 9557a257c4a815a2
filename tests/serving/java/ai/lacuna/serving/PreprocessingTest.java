package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Preprocessing.Fit;
import com.google.gson.Gson;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class PreprocessingTest {
  private static final Preprocessing SMALL =
      new Preprocessing(28, 28, 1, List.of(0.286), List.of(0.353), Interpolation.BICUBIC, 1.0);
  private static final Preprocessing USUAL =
      new Preprocessing(
          224,
          224,
          3,
          List.of(0.485, 0.456, 0.406),
          List.of(0.229, 0.224, 0.225),
          Interpolation.BICUBIC,
          0.875);

  @Test
  void leavesAnImageOfTheRightSizeAlone() {
    Pixels image = PixelsTest.gradient(28, 28, 1);
    assertSame(image, SMALL.apply(image));
  }

  @Test
  void resizesTheShorterSideThenCropsTheCentre() {
    Pixels image = PixelsTest.gradient(300, 500, 3);
    Pixels scaled = Resize.resize(image, Box.whole(image), 256, 426, Interpolation.BICUBIC);
    assertArrayEquals(scaled.crop(16, 101, 224, 224).data(), USUAL.apply(image).data());
  }

  private static Preprocessing padding(int height, int width, double... mean) {
    List<Double> means = Arrays.stream(mean).boxed().toList();
    List<Double> one = Collections.nCopies(mean.length, 1.0);
    return new Preprocessing(
        height, width, mean.length, means, one, Interpolation.BICUBIC, 1, Fit.PAD);
  }

  @Test
  void padsEvenlyWithTheMeanAndCutsNothing() {
    Pixels image = PixelsTest.gradient(20, 10, 3);
    Pixels padded = padding(16, 15, 0.2, 0.4, 0.9).apply(image);
    assertArrayEquals(
        Resize.resize(image, Box.whole(image), 16, 8, Interpolation.BICUBIC).data(),
        padded.crop(0, 3, 16, 8).data());
    for (int[] part : new int[][] {{0, 3}, {11, 4}}) {
      byte[] border = padded.crop(0, part[0], 16, part[1]).data();
      for (int i = 0; i < border.length; i++) {
        assertEquals((byte) new int[] {51, 102, 230}[i % 3], border[i]);
      }
    }
    assertEquals("Pixels[16, 15, 3]", padding(16, 15, 0, 0.5, 1).apply(padded).toString());
    Pixels exact = PixelsTest.gradient(16, 15, 3);
    assertSame(exact, padding(16, 15, 0.1, 0.1, 0.1).apply(exact));
  }

  @Test
  void squeezesWholeImages() {
    Pixels image = PixelsTest.gradient(40, 20, 1);
    Preprocessing squeezes = padding(16, 15, 0.2).squeezed();
    assertArrayEquals(
        Resize.resize(image, Box.whole(image), 16, 15, Interpolation.BICUBIC).data(),
        squeezes.apply(image).data());
    assertEquals(squeezes, new Gson().fromJson(new Gson().toJson(squeezes), Preprocessing.class));
  }

  @Test
  void keepsThePixelsOfWhatFits() {
    Preprocessing pads = padding(16, 15, 0.2);
    Preprocessing keeps =
        new Preprocessing(16, 15, 1, pads.mean(), pads.std(), Interpolation.BICUBIC, 1, Fit.KEEP);
    Pixels small = PixelsTest.gradient(11, 8, 1);
    Pixels padded = keeps.apply(small);
    assertArrayEquals(small.data(), padded.crop(2, 3, 11, 8).data());
    for (int[] place : new int[][] {{1, 3}, {13, 3}, {2, 2}, {2, 11}}) {
      assertEquals(51, padded.crop(place[0], place[1], 1, 1).data()[0]);
    }
    Pixels large = PixelsTest.gradient(40, 20, 1);
    assertArrayEquals(pads.apply(large).data(), keeps.apply(large).data());
    String json = new Gson().toJson(keeps);
    assertTrue(json.contains("\"fit\":\"keep\""), json);
    assertEquals(keeps, new Gson().fromJson(json, Preprocessing.class));
  }

  @Test
  void jsonSaysWhetherItPadsAndWithoutAWordItCrops() {
    Preprocessing pads = padding(4, 4, 0.5);
    String json = new Gson().toJson(pads);
    assertTrue(json.contains("\"fit\":\"pad\""), json);
    assertEquals(pads, new Gson().fromJson(json, Preprocessing.class));
    String crops = new Gson().toJson(SMALL);
    String first = crops.replace(",\"fit\":\"crop\"", "");
    assertTrue(!first.equals(crops), crops);
    assertEquals(SMALL, new Gson().fromJson(first, Preprocessing.class));
  }

  @Test
  void refusesToPadWhatItAlsoCrops() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Preprocessing(
                4, 4, 1, List.of(0.5), List.of(0.5), Interpolation.BICUBIC, 0.9, Fit.PAD));
  }

  @Test
  void giveTheNetworksSizeForAnyImage() {
    Preprocessing wide =
        new Preprocessing(32, 64, 1, List.of(0.5), List.of(0.5), Interpolation.BILINEAR, 0.9);
    for (int height = 1; height < 200; height += 31) {
      for (int width = 1; width < 200; width += 27) {
        Pixels image = PixelsTest.gradient(height, width, 1);
        assertEquals("Pixels[32, 64, 1]", wide.apply(image).toString());
      }
    }
  }

  @Test
  void convertsChannels() {
    assertEquals(3, USUAL.apply(PixelsTest.gradient(30, 30, 1)).channels());
  }

  @Test
  void refusesAnImageThatWouldExplode() {
    Pixels ribbon = PixelsTest.gradient(1, 100_000, 1);
    assertThrows(ImageException.class, () -> USUAL.apply(ribbon));
  }

  @Test
  void survivesJson() {
    String json = new Gson().toJson(USUAL);
    assertTrue(json.contains("\"interpolation\":\"bicubic\",\"crop_fraction\":0.875"), json);
    assertEquals(USUAL, new Gson().fromJson(json, Preprocessing.class));
  }

  @Test
  void rejectsImpossibleValues() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Preprocessing(28, 28, 3, List.of(.5), List.of(.5), Interpolation.BICUBIC, 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Preprocessing(28, 28, 1, List.of(.5), List.of(.0), Interpolation.BICUBIC, 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Preprocessing(28, 28, 1, List.of(.5), List.of(.5), Interpolation.BICUBIC, 0));
  }
}
