package ai.lacuna.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.DataException;
import ai.lacuna.data.FileTransform;
import ai.lacuna.data.JpegReading;
import ai.lacuna.data.Photographs;
import ai.lacuna.data.Subset;
import ai.lacuna.data.Transform;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Photographs that are decoded at a part of their size, with masks that are not. */
class ReducedPairsTest {
  private static final Preprocessing TARGET =
      new Preprocessing(
          24, 24, 3, List.of(0.5, 0.5, 0.5), List.of(1.0, 1.0, 1.0), Interpolation.BICUBIC, 1);

  private static final SegmentAugmentation FULL = new SegmentAugmentation(0.5, true, 0);

  /**
   * Mean difference of 255 from the full decoding. In waves of 80 pixels half a pixel of
   * misplacement makes more than 1.1, and what libjpeg leaves out less than 0.7.
   */
  private static final double CLOSE = 1;

  private final Path folder;

  ReducedPairsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** One picture, upright {@code height} by {@code width}, with a class for each of its pixels. */
  private SegmentationData data(int orientation, int height, int width) throws IOException {
    Files.createDirectories(folder.resolve("images"));
    Files.createDirectories(folder.resolve("masks"));
    boolean lies = orientation > 4;
    byte[] file =
        Photographs.jpeg(Photographs.waves(lies ? width : height, lies ? height : width, 3, 80, 0));
    Files.write(folder.resolve("images/a.jpg"), Photographs.turned(file, orientation));
    byte[] mask = new byte[height * width];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = (byte) ((i / width / 7 + i % width / 5) % 3);
    }
    Files.write(folder.resolve("masks/a.png"), MaskPng.write(Pixels.of(height, width, 1, mask)));
    return SegmentationData.open(folder);
  }

  private static FileTransform reduced() {
    return assertInstanceOf(
        FileTransform.class, FULL.withJpeg(JpegReading.REDUCED).transform(TARGET, 1));
  }

  @Test
  void cutImageAndMaskAsTheFullDecodingDoes() throws IOException {
    for (int orientation : new int[] {1, 3, 6}) {
      // As a held-out split leaves it.
      Subset pairs = Subset.of(data(orientation, 203, 301).train().pairs(), new int[] {0}, "kept");
      Transform full = FULL.transform(TARGET, 1);
      FileTransform reduced = reduced();
      for (int epoch = 0; epoch < 20; epoch++) {
        Pixels expected = full.apply(pairs.get(0).pixels(), 5, epoch, 0);
        Pixels found = pairs.get(0, 5, epoch, reduced).pixels();
        assertArrayEquals(Masks.mask(expected).data(), Masks.mask(found).data());
        byte[] a = Masks.image(expected).data();
        byte[] b = Masks.image(found).data();
        assertFalse(Arrays.equals(a, b), "decoded in full");
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
          sum += Math.abs((a[i] & 0xff) - (b[i] & 0xff));
        }
        assertTrue(sum / a.length < CLOSE, orientation + ": " + sum / a.length);
      }
    }
  }

  @Test
  void refuseAMaskOfAnotherSize() throws IOException {
    SegmentationData data = data(1, 200, 300);
    Path mask = folder.resolve("masks/a.png");
    Files.write(mask, MaskPng.write(Pixels.of(300, 200, 1, new byte[60_000])));
    DataException refusal =
        assertThrows(DataException.class, () -> data.train().pairs().get(0, 1, 0, reduced()));
    assertTrue(
        String.valueOf(refusal.getMessage()).startsWith(mask + ": expected 200 x 300 pixels"),
        refusal.getMessage());
  }

  @Test
  void needACrop() {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> SegmentAugmentation.none().withJpeg(JpegReading.REDUCED));
    assertEquals(
        "jpeg: expected full of images that are not cropped, found reduced; have crops of less"
            + " than the image, or decode in full",
        refusal.getMessage());
  }
}
