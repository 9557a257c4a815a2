package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PixelsTest {
  @Test
  void readsBackAPngOfGreyAndOfRgb() throws IOException {
    for (int channels : new int[] {1, 3}) {
      Pixels image = gradient(5, 7, channels);
      Pixels read = Pixels.read(encode(image.toBufferedImage(), "png"), "a.png");
      assertEquals(image.toString(), read.toString());
      assertArrayEquals(image.data(), read.data());
    }
  }

  @Test
  void readsAStreamToItsEnd() throws IOException {
    byte[] png = encode(gradient(5, 7, 3).toBufferedImage(), "png");
    assertEquals(7, Pixels.read(new ByteArrayInputStream(png), "stream").width());
  }

  @Test
  void namesAFolderThatIsGivenForAnImage(@TempDir Path folder) {
    ImageException refused = assertThrows(ImageException.class, () -> Pixels.read(folder));
    assertEquals(
        folder + ": expected an image, found a folder; give the files in it", refused.getMessage());
  }

  @Test
  void keepsTheHighByteOfSixteenBits() throws IOException {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setSample(0, 0, 0, 0x12ff);
    image.getRaster().setSample(1, 0, 0, 0xfe00);
    Pixels read = Pixels.read(encode(image, "png"), "a.png");
    assertArrayEquals(new byte[] {0x12, (byte) 0xfe}, read.data());
    assertEquals(1, read.channels());
  }

  @Test
  void dropsAlpha() throws IOException {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x00102030);
    assertArrayEquals(
        new byte[] {0x10, 0x20, 0x30}, Pixels.read(encode(image, "png"), "a.png").data());
    assertArrayEquals(new byte[] {0x10, 0x20, 0x30}, Pixels.from(image).data());
  }

  @Test
  void expandsAPalette() throws IOException {
    BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_INDEXED);
    image.setRGB(1, 0, 0xffff0000);
    Pixels read = Pixels.read(encode(image, "png"), "a.png");
    assertEquals(3, read.channels());
    assertArrayEquals(new byte[] {0, 0, 0, -1, 0, 0}, Arrays.copyOf(read.data(), 6));
  }

  @Test
  void readsBlackAndWhiteAsGrey() throws IOException {
    BufferedImage image = new BufferedImage(9, 1, BufferedImage.TYPE_BYTE_BINARY);
    image.setRGB(8, 0, 0xffffffff);
    Pixels read = Pixels.read(encode(image, "png"), "a.png");
    assertArrayEquals(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, -1}, read.data());
  }

  @Test
  void turnsAnExifJpegUpright() throws IOException {
    BufferedImage wide = new BufferedImage(32, 16, BufferedImage.TYPE_BYTE_GRAY);
    for (int y = 0; y < 16; y++) {
      for (int x = 0; x < 16; x++) {
        wide.getRaster().setSample(x, y, 0, 255);
      }
    }
    byte[] jpeg = encode(wide, "jpg");
    // Orientation 6: the first row is at the right, so the white left half goes to the top.
    Pixels upright = Pixels.read(withOrientation(jpeg, 6), "a.jpg");
    assertEquals(32, upright.height());
    assertTrue((upright.data()[3] & 0xff) > 250);
    assertTrue((upright.data()[31 * 16 + 3] & 0xff) < 5);
    // Orientation 8 is the other way round.
    assertTrue((Pixels.read(withOrientation(jpeg, 8), "a.jpg").data()[3] & 0xff) < 5);
    assertEquals(16, Pixels.read(jpeg, "a.jpg").height());
  }

  /** Bytes 0xff may fill the room before a marker (ITU-T T.81, B.1.1.2). */
  @Test
  void findsTheOrientationBehindFillBytes() throws IOException {
    byte[] jpeg = withOrientation(encode(gradient(16, 32, 1).toBufferedImage(), "jpg"), 6);
    ByteArrayOutputStream filled = new ByteArrayOutputStream();
    filled.write(jpeg, 0, 2);
    filled.write(0xff);
    filled.write(0xff);
    filled.write(jpeg, 2, jpeg.length - 2);
    Pixels read = Pixels.read(filled.toByteArray(), "filled.jpg");
    assertEquals(32, read.height());
    assertArrayEquals(Pixels.read(jpeg, "a.jpg").data(), read.data());
  }

  @Test
  void leavesTheProfileOfAJpegAlone() throws IOException {
    byte[] jpeg = encode(gradient(40, 56, 3).toBufferedImage(), "jpg");
    byte[] profile = ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData();
    int behindJfif = 4 + (jpeg[4] << 8 | jpeg[5]);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, behindJfif);
    out.write(0xff);
    out.write(0xe2);
    out.write((profile.length + 16) >> 8);
    out.write(profile.length + 16);
    out.write(bytes("ICC_PROFILE", 0, 1, 1));
    out.write(profile);
    out.write(jpeg, behindJfif, jpeg.length - behindJfif);
    assertArrayEquals(
        Pixels.read(jpeg, "plain.jpg").data(), Pixels.read(out.toByteArray(), "icc.jpg").data());
  }

  /** The reader of Java's own choice puts blue first. */
  @Test
  void readsTheColoursOfAJpegAsJavaDoes() throws IOException {
    byte[] jpeg = encode(gradient(41, 57, 3).toBufferedImage(), "jpg");
    BufferedImage java = ImageIO.read(new ByteArrayInputStream(jpeg));
    assertArrayEquals(Pixels.from(java).data(), Pixels.read(jpeg, "a.jpg").data());
  }

  @Test
  void refusesEveryTruncationOfAJpegsScan() throws IOException {
    byte[] jpeg = encode(gradient(64, 64, 3).toBufferedImage(), "jpg");
    for (int length = 2; length < jpeg.length - 2; length += 7) {
      byte[] cut = Arrays.copyOf(jpeg, length);
      ImageException e =
          assertThrows(
              ImageException.class, () -> Pixels.read(cut, "cut.jpg"), () -> "at " + cut.length);
      assertTrue(e.toString().contains("cut.jpg: expected"), e.toString());
    }
  }

  @Test
  void refusesATruncatedPng() throws IOException {
    byte[] png = encode(gradient(64, 64, 3).toBufferedImage(), "png");
    assertThrows(
        ImageException.class, () -> Pixels.read(Arrays.copyOf(png, png.length / 2), "cut.png"));
  }

  @Test
  void refusesAGifBombByItsHeader() {
    byte[] gif =
        bytes(
            "GIF89a", 0xff, 0xff, 0xff, 0x1f, 0x80, 0, 0, 0, 0, 0, -1, -1, -1, 0x2c, 0, 0, 0, 0,
            0xff, 0xff, 0xff, 0x1f, 0, 2, 2, 0x44, 1, 0, 0x3b);
    ImageException e = assertThrows(ImageException.class, () -> Pixels.read(gif, "bomb.gif"));
    assertTrue(e.toString().contains("found 8191 x 65535"), e.toString());
  }

  @Test
  void namesWhatAForeignFileIs() {
    assertMessage(new byte[0], "empty file");
    assertMessage(bytes("RIFF", 1, 0, 0, 0, 'W', 'E', 'B', 'P', 'V', 'P', '8', ' '), "WebP");
    assertMessage(bytes("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull");
    assertMessage(bytes("<!DOCTYPE html><html>"), "web page");
    assertMessage(bytes("hello"), "check what the file is");
  }

  @Test
  void convertsRgbToGreyAsPillowDoes() {
    Pixels rgb = Pixels.of(1, 2, 3, new byte[] {(byte) 200, 100, 50, 1, 2, 3});
    // Pillow: Image.new("RGB", ..., (200, 100, 50)).convert("L") is 124; (1, 2, 3) is 2.
    assertArrayEquals(new byte[] {124, 2}, rgb.withChannels(1).data());
    assertArrayEquals(
        new byte[] {124, 124, 124, 2, 2, 2}, rgb.withChannels(1).withChannels(3).data());
    assertThrows(ImageException.class, () -> rgb.withChannels(4));
  }

  @Test
  void copiesAPartOfAJavaImageThatSharesItsArray() {
    for (int channels : new int[] {1, 3}) {
      Pixels whole = gradient(9, 11, channels);
      BufferedImage part = whole.toBufferedImage().getSubimage(3, 2, 5, 6);
      assertArrayEquals(whole.crop(2, 3, 6, 5).data(), Pixels.from(part).data());
      BufferedImage inner = part.getSubimage(1, 1, 3, 4);
      assertArrayEquals(whole.crop(3, 4, 4, 3).data(), Pixels.from(inner).data());
    }
  }

  @Test
  void flipsAndCrops() {
    Pixels image = Pixels.of(2, 3, 1, new byte[] {1, 2, 3, 4, 5, 6});
    assertArrayEquals(new byte[] {3, 2, 1, 6, 5, 4}, image.flipped().data());
    assertArrayEquals(new byte[] {2, 3, 5, 6}, image.crop(0, 1, 2, 2).data());
    assertThrows(IllegalArgumentException.class, () -> image.crop(1, 0, 2, 1));
  }

  @Test
  void rejectsAWrongLength() {
    assertThrows(IllegalArgumentException.class, () -> Pixels.of(2, 2, 3, new byte[4]));
    assertThrows(IllegalArgumentException.class, () -> Pixels.of(0, 2, 3, new byte[0]));
    assertThrows(ArithmeticException.class, () -> Pixels.of(1 << 16, 1 << 16, 1, new byte[0]));
  }

  private static void assertMessage(byte[] file, String part) {
    ImageException e = assertThrows(ImageException.class, () -> Pixels.read(file, "x"));
    assertTrue(e.toString().contains(part), e.toString());
  }

  private static byte[] bytes(String head, int... tail) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
    for (int b : tail) {
      out.write(b);
    }
    return out.toByteArray();
  }

  private static byte[] withOrientation(byte[] jpeg, int orientation) {
    byte[] exif =
        bytes(
            "Exif\0\0MM",
            0,
            42,
            0,
            0,
            0,
            8,
            0,
            1,
            0x01,
            0x12,
            0,
            3,
            0,
            0,
            0,
            1,
            0,
            orientation,
            0,
            0,
            0,
            0,
            0,
            0);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    out.writeBytes(bytes("", 0xff, 0xe1, 0, exif.length + 2));
    out.writeBytes(exif);
    out.write(jpeg, 2, jpeg.length - 2);
    return out.toByteArray();
  }

  static Pixels gradient(int height, int width, int channels) {
    byte[] data = new byte[height * width * channels];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) (i * 37 + i / width);
    }
    return Pixels.of(height, width, channels, data);
  }

  private static byte[] encode(BufferedImage image, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(image, format, out));
    return out.toByteArray();
  }

  @Test
  void refusesMorePixelsThanItsCallerAllows() throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(20, 10, BufferedImage.TYPE_INT_RGB), "png", png);
    assertEquals(20, Pixels.read(png.toByteArray(), "a.png", 200).width());
    assertEquals(
        "a.png: expected at most 199 pixels, found 10 x 20; shrink it",
        assertThrows(ImageException.class, () -> Pixels.read(png.toByteArray(), "a.png", 199))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> Pixels.read(png.toByteArray(), "a.png", 0));
  }
}
