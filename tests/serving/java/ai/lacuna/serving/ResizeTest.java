package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ResizeTest {
  record Fixture(String pillow, List<Case> cases) {}

  record Case(
      int seed,
      int height,
      int width,
      int channels,
      List<Double> box,
      @SerializedName("out_height") int outHeight,
      @SerializedName("out_width") int outWidth,
      Interpolation interpolation,
      String result) {
    @Override
    public String toString() {
      return "%d x %d x %d %s -> %d x %d %s"
          .formatted(height, width, channels, box, outHeight, outWidth, interpolation);
    }
  }

  static Stream<Case> cases() throws IOException {
    try (InputStream in = ResizeTest.class.getResourceAsStream("/fixtures/resize_pillow.json")) {
      return new Gson()
              .fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Fixture.class)
              .cases()
              .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsPillowToTheLastBit(Case c) {
    Box box = new Box(c.box().get(0), c.box().get(1), c.box().get(2), c.box().get(3));
    Pixels image = noise(c.height(), c.width(), c.channels(), c.seed());
    Pixels resized = Resize.resize(image, box, c.outHeight(), c.outWidth(), c.interpolation());
    assertArrayEquals(Base64.getDecoder().decode(c.result()), resized.data());
  }

  @Test
  void returnsTheImageItselfWhenNothingChanges() {
    Pixels image = noise(5, 7, 3, 1);
    assertSame(image, Resize.resize(image, Box.whole(image), 5, 7, Interpolation.BICUBIC));
  }

  @Test
  void rejectsABoxThatLeavesTheImage() {
    Pixels image = noise(5, 7, 1, 1);
    Box box = new Box(1, 0, 5, 7);
    assertThrows(
        IllegalArgumentException.class,
        () -> Resize.resize(image, box, 5, 7, Interpolation.BICUBIC));
  }

  @Test
  void rejectsAnEmptyBox() {
    assertThrows(IllegalArgumentException.class, () -> new Box(0, 0, 0, 7));
    assertThrows(IllegalArgumentException.class, () -> new Box(Double.NaN, 0, 1, 7));
  }

  /** The generator of resize_pillow.py. */
  private static Pixels noise(int height, int width, int channels, int seed) {
    byte[] data = new byte[height * width * channels];
    long state = seed;
    for (int i = 0; i < data.length; i++) {
      state = (state * 1103515245L + 12345) & 0x7fffffff;
      int value = (int) (state >> 16) & 0xff;
      data[i] = (byte) (value < 80 ? 0 : value > 200 ? 255 : value);
    }
    return Pixels.of(height, width, channels, data);
  }
}
