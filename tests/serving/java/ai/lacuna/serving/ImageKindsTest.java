package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ImageKindsTest {
  /** What the fixtures' script expects of a file. */
  record Expected(String file, List<Integer> shape, int tolerance, String data) {
    @Override
    public String toString() {
      return file;
    }
  }

  static Stream<Expected> ofTheJdk() throws IOException {
    String json = new String(file("expected.json"), StandardCharsets.UTF_8);
    return Arrays.stream(new Gson().fromJson(json, Expected[].class))
        .filter(e -> !e.file().endsWith("webp"));
  }

  @ParameterizedTest
  @MethodSource("ofTheJdk")
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
    for (String name : new String[] {"rgb.jpg", "ycck-adobe.jpg", "bands5.tif", "rgba.png"}) {
      byte[] whole = file(name);
      int scan = name.endsWith("jpg") ? 2 : 0;
      int end = name.endsWith("png") ? whole.length - 16 : whole.length - scan;
      for (int i = 0; i < 200; i++) {
        byte[] cut = Arrays.copyOf(whole, (int) ((long) end * i / 200));
        assertThrows(ImageException.class, () -> Pixels.read(cut, name), name + cut.length);
      }
    }
  }

  @Test
  void namesTheArtifactThatReadsWebp() throws IOException {
    byte[] webp = file("lossless.webp");
    ImageException e = assertThrows(ImageException.class, () -> Pixels.read(webp, "a.webp"));
    assertTrue(e.toString().contains("com.twelvemonkeys.imageio:imageio-webp"), e.toString());
  }

  @Test
  void refusesATiffOfTooManyBandsByItsHeader() throws IOException {
    byte[] tiff = file("bands5.tif");
    // Entries are tag, type, count, value: 277 is the bands, 256 and 257 the size.
    set(tiff, 277, 1_000);
    set(tiff, 256, 7_000);
    set(tiff, 257, 7_000);
    ImageException e = assertThrows(ImageException.class, () -> Pixels.read(tiff, "a.tif"));
    assertTrue(e.toString().contains("7000 x 7000 with 1000 bands"), e.toString());
  }

  /** Indices without their colours mean nothing; the reader takes them for grey. */
  @Test
  void refusesATiffPaletteWithoutColours() throws IOException {
    byte[] tiff = file("palette.tif");
    int map = at(tiff, 320);
    tiff[map + 1] = (byte) 0xff; // A tag that nobody knows.
    ImageException e = assertThrows(ImageException.class, () -> Pixels.read(tiff, "a.tif"));
    assertTrue(e.toString().contains("a.tif: expected a palette of colours"), e.toString());
  }

  /** As cameras of microscopes write them: the reader scales the samples up to 16 bits. */
  @Test
  void keepsTheHighByteOfTwelveBits() {
    int[][] tags = {
      {256, 4}, {257, 1}, {258, 12}, {259, 1}, {262, 1}, {273, 8}, {277, 1}, {278, 1}, {279, 6}
    };
    ByteBuffer tiff = ByteBuffer.allocate(16 + 2 + 12 * tags.length + 4);
    tiff.put(new byte[] {'M', 'M', 0, '*', 0, 0, 0, 16});
    tiff.put(new byte[] {0, 0x08, 0, (byte) 0xab, (byte) 0xcf, (byte) 0xff, 0, 0});
    tiff.putShort((short) tags.length);
    for (int[] tag : tags) {
      tiff.putShort((short) tag[0]).putShort((short) 3).putInt(1).putShort((short) tag[1]);
      tiff.putShort((short) 0);
    }
    Pixels read = Pixels.read(tiff.array(), "a.tif");
    assertArrayEquals(new byte[] {0, (byte) 0x80, (byte) 0xab, (byte) 0xff}, read.data());
  }

  /** Another width or colour gives another picture, which the reader takes for sound. */
  @Test
  void refusesAPngWithADamagedSizeOrPalette() throws IOException {
    byte[] whole = file("palette-transparent.png");
    int palette = new String(whole, StandardCharsets.ISO_8859_1).indexOf("PLTE") + 4;
    for (int at : new int[] {19, 23, palette, palette + 20}) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 8;
      ImageException e = assertThrows(ImageException.class, () -> Pixels.read(damaged, "a.png"));
      assertTrue(e.toString().contains("a.png: expected a whole PNG, found damage"), e.toString());
    }
  }

  private static void set(byte[] tiff, int tag, int value) {
    int at = at(tiff, tag);
    tiff[at + 8] = (byte) value;
    tiff[at + 9] = (byte) (value >> 8);
  }

  /** Where the entry of a tag is. */
  private static int at(byte[] tiff, int tag) {
    int at = ((tiff[4] & 0xff) | ((tiff[5] & 0xff) << 8)) + 2;
    while (((tiff[at] & 0xff) | ((tiff[at + 1] & 0xff) << 8)) != tag) {
      at += 12;
    }
    return at;
  }

  private static byte[] file(String name) throws IOException {
    try (InputStream in = ImageKindsTest.class.getResourceAsStream("/fixtures/images/" + name)) {
      return in.readAllBytes();
    }
  }
}
