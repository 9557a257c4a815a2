package ai.lacuna.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.Transform;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MasksTest {
  private static final Preprocessing TARGET =
      new Preprocessing(
          20, 24, 3, List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5), Interpolation.BICUBIC, 1);

  @Test
  void whatIsJoinedIsTakenApartAgain() {
    byte[] image = new byte[2 * 3 * 3];
    new Random(1).nextBytes(image);
    byte[] mask = {0, 1, 2, (byte) 255, 4, 5};
    Pixels joined = Masks.join(Pixels.of(2, 3, 3, image), Pixels.of(2, 3, 1, mask));
    assertEquals(4, joined.channels());
    assertArrayEquals(image, Masks.image(joined).data());
    assertArrayEquals(mask, Masks.mask(joined).data());
    assertThrows(
        IllegalArgumentException.class,
        () -> Masks.join(Pixels.of(2, 3, 3, image), Pixels.of(3, 2, 1, mask)));
  }

  @Test
  void aMaskIsResampledByTheNearestPixels() {
    Pixels mask = Pixels.of(2, 4, 1, new byte[] {0, 1, 2, 3, 4, 5, 6, 7});
    assertArrayEquals(
        new byte[] {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7},
        Masks.nearest(mask, Box.whole(mask), 2, 8).data());
    assertArrayEquals(new byte[] {5, 7}, Masks.nearest(mask, Box.whole(mask), 1, 2).data());
    assertArrayEquals(new byte[] {5, 6}, Masks.nearest(mask, new Box(1, 1, 1, 2), 1, 2).data());
  }

  /**
   * A picture of tiles that are dark where the class is 0 and bright where it is 1: wherever the
   * changed picture is clearly dark or bright, the changed mask must say so.
   */
  @Test
  void cropsAndFlipsMoveImageAndMaskAlike() {
    int height = 90;
    int width = 70;
    Random random = new Random(3);
    byte[] image = new byte[height * width];
    byte[] mask = new byte[height * width];
    int[] tiles = random.ints(100, 0, 2).toArray();
    for (int i = 0; i < image.length; i++) {
      int label = tiles[i / width / 10 * 10 + i % width / 10];
      mask[i] = (byte) label;
      image[i] = (byte) (label == 1 ? 220 : 30);
    }
    Pixels joined =
        Masks.join(Pixels.of(height, width, 1, image), Pixels.of(height, width, 1, mask));
    Transform transform = new SegmentAugmentation(0.2, true, 0).transform(TARGET, 1);
    int clear = 0;
    int wrong = 0;
    for (int epoch = 0; epoch < 40; epoch++) {
      Pixels changed = transform.apply(joined, 9, epoch, 5);
      assertEquals("Pixels[20, 24, 4]", changed.toString());
      byte[] grey = Masks.image(changed).withChannels(1).data();
      byte[] classes = Masks.mask(changed).data();
      for (int i = 0; i < grey.length; i++) {
        int value = grey[i] & 0xff;
        if (value < 50 || value > 200) {
          clear++;
          wrong += classes[i] == (value > 200 ? 1 : 0) ? 0 : 1;
        }
      }
    }
    assertTrue(clear > 40 * 20 * 24 / 2, clear + " clear pixels");
    assertEquals(0, wrong);
  }

  @Test
  void coloursChangeTheImageAlone() {
    Pixels joined = new Blocks(1, 0).get(0).pixels();
    Pixels plain = SegmentAugmentation.none().transform(TARGET, 1).apply(joined, 1, 0, 0);
    Pixels jittered =
        new SegmentAugmentation(1, false, 0.5).transform(TARGET, 1).apply(joined, 1, 0, 0);
    assertArrayEquals(Masks.mask(plain).data(), Masks.mask(jittered).data());
    boolean same = java.util.Arrays.equals(plain.data(), jittered.data());
    assertEquals(false, same);
    assertArrayEquals(
        SegmentAugmentation.whole(Masks.image(joined), TARGET).data(), Masks.image(plain).data());
  }
}
