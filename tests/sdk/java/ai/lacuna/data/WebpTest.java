package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;
import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** With the plugin on the class path, which the SDK brings. */
class WebpTest {
  /** What the fixtures' script expects of a file. */
  record Expected(String file, List<Integer> shape, int tolerance, String data) {
    @Override
    public String toString() {
      return file;
    }
  }

  static Stream<Expected> all() throws IOException {
    String json = new String(file("expected.json"), StandardCharsets.UTF_8);
    return Arrays.stream(new Gson().fromJson(json, Expected[].class));
  }

  @ParameterizedTest
  @MethodSource("all")
  void readsEachKindByItsRule(Expected expected) throws IOException {
    Pixels read = Pixels.read(file(expected.file()), expected.file());
    assertEquals(expected.shape(), List.of(read.height(), read.width(), read.channels()));
    byte[] data = Base64.getDecoder().decode(expected.data());
    for (int i = 0; i < data.length; i++) {
      assertEquals(data[i] & 0xff, read.data()[i] & 0xff, expected.tolerance(), "byte " + i);
    }
  }

  @Test
  void refusesTwoHundredTruncations() throws IOException {
    for (String name : new String[] {"lossy.webp", "lossless-alpha.webp"}) {
      byte[] whole = file(name);
      for (int i = 0; i < 200; i++) {
        byte[] cut = Arrays.copyOf(whole, (int) ((long) whole.length * i / 200));
        assertThrows(ImageException.class, () -> Pixels.read(cut, name), name + cut.length);
      }
    }
  }

  @Test
  void refusesABombByItsHeader() throws IOException {
    byte[] webp = file("lossy.webp");
    // The frame's size is 14 bits each, behind the tags and the start code.
    webp[26] = webp[28] = -1;
    webp[27] = webp[29] = 0x3f;
    ImageException e = assertThrows(ImageException.class, () -> Pixels.read(webp, "bomb.webp"));
    assertTrue(e.toString().contains("found 16383 x 16383"), e.toString());
  }

  @Test
  void refusesAFrameOfAnotherSizeThanItsCanvas() throws IOException {
    byte[] webp = file("lossy-alpha.webp");
    // The canvas' width less 1 is behind the flags: 7720 x 24 for a frame of 40 x 24.
    webp[25] = 0x1e;
    ImageException e = assertThrows(ImageException.class, () -> Pixels.read(webp, "a.webp"));
    assertTrue(e.toString().contains("another size than its canvas"), e.toString());
  }

  @Test
  void belongsIntoAFolderOfImages(@TempDir Path root) throws IOException {
    Files.createDirectory(root.resolve("cat"));
    Files.write(root.resolve("cat/a.webp"), file("lossy.webp"));
    assertEquals(40, ImageFolder.open(root).get(0).pixels().width());
  }

  private static byte[] file(String name) throws IOException {
    try (InputStream in = WebpTest.class.getResourceAsStream("/fixtures/images/" + name)) {
      return in.readAllBytes();
    }
  }
}
