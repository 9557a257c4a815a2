package ai.lacuna.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.DataException;
import ai.lacuna.serving.Pixels;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class SegmentationDataTest {
  private final Path root;

  SegmentationDataTest(@TempDir Path root) {
    this.root = root;
  }

  private Path image(String path, int height, int width) throws IOException {
    return write(path, new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR));
  }

  private Path mask(String path, int width, int... classes) throws IOException {
    int height = classes.length / width;
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setPixels(0, 0, width, height, classes);
    return write(path, image);
  }

  private Path write(String path, BufferedImage image) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    String kind = path.substring(path.lastIndexOf('.') + 1);
    assertTrue(ImageIO.write(image, kind, file.toFile()));
    return file;
  }

  private static void says(String start, Executable work) {
    String message = String.valueOf(assertThrows(DataException.class, work).getMessage());
    assertTrue(message.startsWith(start), message);
    assertEquals(1, message.lines().count());
  }

  @Test
  void pairsByNameInFoldersOfAnyDepth() throws IOException {
    image("images/b.jpg", 1, 2);
    image("images/a/x.y.png", 1, 2);
    mask("masks/a/x.y.png", 2, 0, 1);
    mask("masks/b.png", 2, 2, 255);
    mask("masks/unused.png", 2, 0, 0);
    SegmentationData data = SegmentationData.open(root);
    assertEquals(List.of("0", "1", "2"), data.train().classes());
    assertTrue(data.test().isEmpty());
    assertEquals(2, data.train().pairs().size());
    assertEquals("Pixels[1, 2, 4]", data.train().pairs().get(0).pixels().toString());
    assertArrayEquals(new byte[] {0, 1}, Masks.mask(data.train().pairs().get(0).pixels()).data());
    assertArrayEquals(new byte[] {2, -1}, Masks.mask(data.train().pairs().get(1).pixels()).data());
  }

  @Test
  void findsPartsAsPeopleArrangeThem() throws IOException {
    for (String[] parts :
        new String[][] {
          {"one/train/images", "one/train/masks", "one/val/images", "one/val/masks"},
          {
            "two/images/training",
            "two/annotations/training",
            "two/images/validation",
            "two/annotations/validation"
          }
        }) {
      image(parts[0] + "/a.png", 1, 2);
      mask(parts[1] + "/a.png", 2, 0, 1);
      image(parts[2] + "/b.png", 1, 2);
      image(parts[2] + "/c.png", 1, 2);
      mask(parts[3] + "/b.png", 2, 2, 0);
      mask(parts[3] + "/c.png", 2, 0, 0);
      Path folder = root.resolve(parts[0].substring(0, 3));
      SegmentationData data = SegmentationData.open(folder);
      assertEquals(1, data.train().pairs().size());
      assertEquals(2, data.test().orElseThrow().pairs().size());
      assertEquals(List.of("0", "1", "2"), data.train().classes());
    }
  }

  @Test
  void namesComeFromAFile() throws IOException {
    image("images/a.png", 1, 2);
    mask("masks/a.png", 2, 0, 3);
    Files.writeString(root.resolve("classes.txt"), "\uFEFFsky\r\nroad\r\n tree \r\ncar\r\n\r\n");
    assertEquals(
        List.of("sky", "road", "tree", "car"), SegmentationData.open(root).train().classes());
    Path few = Files.writeString(root.resolve("few.txt"), "sky\nroad\n");
    says(
        root.resolve("masks/a.png") + ", row 0, column 1: expected a class from 0 to 1",
        () -> SegmentationData.open(root, SegmentationData.classes(few)));
    Path gap = Files.writeString(root.resolve("gap.txt"), "sky\n\nroad\n");
    says(gap + ", line 2: expected the name of class 1", () -> SegmentationData.classes(gap));
  }

  @Test
  void saysWhichMaskIsMissingOrOfAnotherSize() throws IOException {
    Path first = image("images/a.png", 1, 2);
    image("images/b.png", 2, 3);
    says(
        root.resolve("images").getParent() + ": expected a folder masks",
        () -> SegmentationData.open(root));
    mask("masks/b.png", 3, 0, 1, 0);
    says(
        first + ": expected its mask " + root.resolve("masks/a.png") + ", found none;",
        () -> SegmentationData.open(root));
    mask("masks/a.png", 2, 0, 1);
    says(
        root.resolve("masks/b.png") + ": expected 2 x 3 pixels, as the image",
        () -> SegmentationData.open(root));
    mask("masks/b.png", 2, 0, 1, 0, 0, 1, 1); // As if the image lay on its side: seen later.
    MaskedImages images = SegmentationData.open(root).train();
    says(
        root.resolve("masks/b.png") + ": expected 2 x 3 pixels, as the image",
        () -> images.pairs().get(1));
  }

  @Test
  void valuesThatAreNoClassesAreRefused() throws IOException {
    image("images/a.png", 1, 2);
    Path odd = mask("masks/a.png", 2, 0, 200);
    says(
        root
            + ": expected masks with classes 0, 1, 2, ..., found values up to 200 (in "
            + odd
            + ") but no 1; give a file of class names",
        () -> SegmentationData.open(root));
    mask("masks/a.png", 2, 0, 255);
    says(
        root.getFileName() + ": expected 2 to 255 classes, found 1; 255 in a mask means ignored",
        () -> SegmentationData.open(root));
  }

  @Test
  void palettesAndFewBitsAreIndices() throws IOException {
    byte[] shades = {(byte) 200, 10, 0, 90};
    IndexColorModel palette = new IndexColorModel(2, 4, shades, shades, new byte[4]);
    BufferedImage indexed = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_INDEXED, palette);
    indexed.getRaster().setPixels(0, 0, 3, 1, new int[] {3, 0, 2});
    assertArrayEquals(new byte[] {3, 0, 2}, MaskPng.read(write("p.png", indexed)).data());
    BufferedImage bits = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_BINARY);
    bits.getRaster().setPixels(0, 0, 3, 1, new int[] {1, 0, 1});
    assertArrayEquals(new byte[] {1, 0, 1}, MaskPng.read(write("b.png", bits)).data());
  }

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    Path file = root.resolve("all.png");
    Files.write(file, MaskPng.write(Pixels.of(8, 32, 1, all)));
    assertArrayEquals(all, MaskPng.read(file).data());
    assertEquals(0xff800000, ClassColours.of(1).getRGB());
    assertEquals(0xff808000, ClassColours.of(3).getRGB());
    assertEquals(0xffe0e0c0, ClassColours.of(255).getRGB());
  }

  @Test
  void filesThatAreNoMasksAreRefused() throws IOException {
    Path colours = image("c.png", 1, 2);
    says(colours + ": expected a mask of one channel", () -> MaskPng.read(colours));
    Path deep = write("d.png", new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY));
    says(deep + ": expected a mask of up to 8 bits, found 16", () -> MaskPng.read(deep));
    Path jpeg = image("e.jpg", 1, 2);
    says(jpeg + ": expected a mask as PNG", () -> MaskPng.read(jpeg));
    byte[] whole = Files.readAllBytes(mask("f.png", 2, 0, 1, 1, 0));
    Path cut = Files.write(root.resolve("g.png"), Arrays.copyOf(whole, whole.length - 30));
    says(cut + ": expected a whole PNG", () -> MaskPng.read(cut));
  }
}
