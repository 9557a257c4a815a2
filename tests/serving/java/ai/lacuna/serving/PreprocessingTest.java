package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
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
