package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A JPEG of one sampling whose segments before the frame are exchanged; Pillow reads all alike. */
class JpegSegmentsTest {
  private static final int JFIF_END = 20;
  private static final byte[] JPEG = file();

  private static byte[] file() {
    try (InputStream in = JpegSegmentsTest.class.getResourceAsStream("/fixtures/images/rgb.jpg")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** What follows the start of the image is its JFIF segment. */
  private static byte[] with(boolean jfif, byte[]... more) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(JPEG, 0, jfif ? JFIF_END : 2);
    for (byte[] segment : more) {
      out.writeBytes(segment);
    }
    out.write(JPEG, JFIF_END, JPEG.length - JFIF_END);
    return out.toByteArray();
  }

  private static byte[] adobe(int transform) {
    byte[] segment = {-1, -18, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};
    segment[15] = (byte) transform;
    return segment;
  }

  /** In the frame's header and in that of the only scan. */
  private static byte[] numbered(byte[] jpeg, byte... numbers) {
    byte[] other = jpeg.clone();
    int frame = at(jpeg, 0xc0);
    int scan = at(jpeg, 0xda);
    for (int i = 0; i < numbers.length; i++) {
      other[frame + 10 + 3 * i] = numbers[i];
      other[scan + 5 + 2 * i] = numbers[i];
    }
    return other;
  }

  private static int at(byte[] jpeg, int marker) {
    int at = 2;
    while ((jpeg[at + 1] & 0xff) != marker) {
      at += 2 + JpegHeader.sixteen(jpeg, at + 2);
    }
    return at;
  }

  private static void assertSamePixels(byte[] jpeg) {
    assertArrayEquals(Pixels.read(JPEG, "a.jpg").data(), Pixels.read(jpeg, "b.jpg").data());
  }

  @ParameterizedTest
  @ValueSource(strings = {"\0\1\2", "\2\3\4", "\1\3\5", "\1\42\43", "YCc"})
  void takesComponentsOfOtherNumbersForYcbcr(String numbers) {
    byte[] three = numbers.getBytes(StandardCharsets.ISO_8859_1);
    assertSamePixels(numbered(with(false), three));
    assertSamePixels(numbered(with(true), three));
  }

  @Test
  void takesComponentsThatSaySoForRgb() {
    byte[] named = numbered(with(false), (byte) 'R', (byte) 'G', (byte) 'B');
    byte[] told = with(false, adobe(0));
    assertArrayEquals(Pixels.read(told, "a.jpg").data(), Pixels.read(named, "b.jpg").data());
    assertSame(named, JpegSegments.plain(named));
    assertSame(told, JpegSegments.plain(told));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 255})
  void believesJfifBeforeAdobe(int transform) {
    assertSamePixels(with(true, adobe(transform)));
    if (transform > 0) {
      assertSamePixels(with(false, adobe(transform)));
    }
  }

  @Test
  void doesNotMindABrokenProfile() {
    byte[] text = "ICC_PROFILE\0\1\2".getBytes(StandardCharsets.ISO_8859_1);
    byte[] segment = Arrays.copyOf(new byte[] {-1, -30, 0, 16}, 4 + text.length);
    System.arraycopy(text, 0, segment, 4, text.length);
    assertSamePixels(with(true, segment));
    assertSamePixels(with(true, segment, segment));
  }

  @Test
  void leavesAFileAloneThatMisleadsNobody() {
    for (byte[] file : new byte[][] {JPEG, with(false), Arrays.copyOf(JPEG, 30), {-1, -40, -1}}) {
      assertSame(file, JpegSegments.plain(file));
    }
  }
}
