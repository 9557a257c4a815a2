package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import ai.lacuna.serving.Orientation;
import ai.lacuna.serving.Pixels;
import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** PNG, TIFF and WebP that EXIF says to turn, against Pillow's {@code exif_transpose}. */
class TurnedImagesTest {
  record Expected(String file, List<Integer> shape, String data) {}

  static Stream<Expected> all() throws IOException {
    String json = new String(file("turned.json"), StandardCharsets.UTF_8);
    return Arrays.stream(new Gson().fromJson(json, Expected[].class));
  }

  @ParameterizedTest
  @MethodSource("all")
  void standUpright(Expected expected) throws IOException {
    Pixels read = Pixels.read(file(expected.file()), expected.file());
    assertEquals(expected.shape(), List.of(read.height(), read.width(), read.channels()));
    assertArrayEquals(Base64.getDecoder().decode(expected.data()), read.data());
  }

  @Test
  void damagedTagsAreNoError() throws IOException {
    Random random = new Random(3);
    for (String name : new String[] {"turned-6.png", "turned-6.tif", "turned-6.webp"}) {
      byte[] whole = file(name);
      for (int i = 0; i < 500; i++) {
        byte[] damaged = Arrays.copyOf(whole, 1 + random.nextInt(whole.length));
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        assertNotNull(Orientation.of(damaged));
      }
    }
  }

  private static byte[] file(String name) throws IOException {
    try (InputStream in = TurnedImagesTest.class.getResourceAsStream("/fixtures/jpeg/" + name)) {
      return in.readAllBytes();
    }
  }
}
