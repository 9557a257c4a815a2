package ai.lacuna.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.lacuna.data.DataException;
import ai.lacuna.serving.Pixels;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RandomShiftTest {
  /** Pads an image and cuts its size out of it, a pixel at a time. */
  private static byte[] paddedAndCropped(
      Pixels image, int padding, int top, int left, boolean mirror) {
    int height = image.height();
    int width = image.width();
    int channels = image.channels();
    byte[][][] padded = new byte[height + 2 * padding][width + 2 * padding][channels];
    for (int y = 0; y < padded.length; y++) {
      for (int x = 0; x < padded[y].length; x++) {
        int fromY = y - padding;
        int fromX = x - padding;
        if (mirror) {
          fromY = fromY < 0 ? -fromY : fromY >= height ? 2 * height - 2 - fromY : fromY;
          fromX = fromX < 0 ? -fromX : fromX >= width ? 2 * width - 2 - fromX : fromX;
        }
        for (int c = 0; c < channels; c++) {
          boolean inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
          int at = (fromY * width + fromX) * channels + c;
          padded[y][x][c] = inside ? image.data()[at] : (byte) (10 + c);
        }
      }
    }
    byte[] result = new byte[height * width * channels];
    for (int i = 0; i < result.length; i++) {
      int pixel = i / channels;
      result[i] = padded[top + pixel / width][left + pixel % width][i % channels];
    }
    return result;
  }

  @Test
  void everyShiftIsAPaddedImageCropped() {
    Pixels image = Pictures.noise(7, 5, 2);
    RandomShift filled = new RandomShift(3, new RandomShift.Colour(List.of(10, 11)), 0);
    RandomShift mirrored = new RandomShift(3, new RandomShift.Reflection(), 0);
    for (int top = 0; top <= 6; top++) {
      for (int left = 0; left <= 6; left++) {
        assertArrayEquals(
            paddedAndCropped(image, 3, top, left, false),
            filled.moved(image, 3 - top, 3 - left).data());
        assertArrayEquals(
            paddedAndCropped(image, 3, top, left, true),
            mirrored.moved(image, 3 - top, 3 - left).data());
      }
    }
  }

  @Test
  void drawsEveryShiftAndMirrorImage() {
    Pixels image = Pictures.noise(9, 9, 1);
    Set<List<Byte>> seen = new HashSet<>();
    RandomShift shift = RandomShift.black(2);
    for (int i = 0; i < 1000; i++) {
      byte[] moved = shift.apply(image, 0, 0, i).data();
      assertArrayEquals(moved, shift.apply(image, 0, 0, i).data());
      List<Byte> bytes = new java.util.ArrayList<>();
      for (byte value : moved) {
        bytes.add(value);
      }
      seen.add(bytes);
    }
    assertEquals(2 * 25, seen.size());
  }

  @Test
  void refusesToReflectMoreThanThereIs() {
    RandomShift shift = RandomShift.reflected(4);
    Pixels small = Pictures.noise(4, 9, 1);
    assertThrows(
        DataException.class,
        () -> {
          for (int i = 0; i < 50; i++) {
            shift.apply(small, 0, 0, i);
          }
        });
    assertThrows(IllegalArgumentException.class, () -> RandomShift.black(-1));
  }
}
