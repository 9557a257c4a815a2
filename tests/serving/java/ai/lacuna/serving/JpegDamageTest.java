package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JPEGs that Pillow wrote with each sampling, progressively, and with restart markers. */
class JpegDamageTest {
  private static final int HOSTILE = 200;

  @ParameterizedTest
  @ValueSource(
      strings = {"444.jpg", "422.jpg", "420.jpg", "progressive.jpg", "restart.jpg", "grey.jpg"})
  void readsThePixelsOfJavasOwnChoiceOfImage(String name) throws IOException {
    byte[] file = file(name);
    Pixels copied = Pixels.from(ImageIO.read(new ByteArrayInputStream(file)));
    Pixels read = Pixels.read(file, name);
    assertEquals(copied.toString(), read.toString());
    assertArrayEquals(copied.data(), read.data());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "444.jpg",
        "422.jpg",
        "420.jpg",
        "progressive.jpg",
        "restart.jpg",
        "turned.jpg",
        "grey.jpg",
        "rgb.jpg",
        "cmyk.jpg"
      })
  void refusesEveryCutFile(String name) throws IOException {
    byte[] file = file(name);
    for (int i = 0; i < HOSTILE; i++) {
      byte[] cut = Arrays.copyOf(file, (int) ((long) file.length * i / HOSTILE));
      assertThrows(ImageException.class, () -> Pixels.read(cut, name), name + " " + cut.length);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"420.jpg", "progressive.jpg", "restart.jpg", "cmyk.jpg"})
  void readsOrRefusesAChangedByteButFailsInNoOtherWay(String name) throws IOException {
    byte[] file = file(name);
    Random random = new Random(5);
    int refused = 0;
    for (int i = 0; i < HOSTILE; i++) {
      byte[] changed = file.clone();
      changed[random.nextInt(file.length)] ^= (byte) (1 + random.nextInt(255));
      try {
        Pixels read = Pixels.read(changed, name);
        assertEquals(read.height() * read.width() * read.channels(), read.data().length);
      } catch (ImageException e) {
        refused++;
      }
    }
    assertTrue(refused > HOSTILE / 10, name + ": refused " + refused);
  }

  private static byte[] file(String name) throws IOException {
    try (InputStream in = JpegDamageTest.class.getResourceAsStream("/fixtures/jpeg/" + name)) {
      return in.readAllBytes();
    }
  }
}
