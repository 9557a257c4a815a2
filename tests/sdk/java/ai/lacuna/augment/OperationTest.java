package ai.lacuna.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.DataException;
import ai.lacuna.oracle.Dense;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OperationTest {
  @Test
  void everyKindGivesTheBytesOfTimmAndPillow() {
    Set<OperationKind> seen = EnumSet.noneOf(OperationKind.class);
    for (Map.Entry<String, Dense> expected : Pictures.FIXTURE.all("op|").entrySet()) {
      String[] parts = expected.getKey().split("\\|", -1);
      Pixels image = Pictures.named("image|" + parts[0]);
      OperationKind kind = OperationKind.named(parts[1]);
      double magnitude = Double.parseDouble(parts[2]);
      boolean negative = parts[3].equals("True");
      Interpolation kernel = Interpolation.valueOf(parts[4].toUpperCase(Locale.ROOT));
      Operation operation = kind.at(magnitude, negative, kernel, Pictures.fill(image));
      assertSameBytes(expected.getKey(), expected.getValue(), operation.apply(image));
      seen.add(kind);
    }
    assertEquals(EnumSet.allOf(OperationKind.class), seen);
  }

  @Test
  void enhancementsGiveTheBytesOfTorchvision() {
    Map<String, Dense> all = Pictures.FIXTURE.all("jitter|");
    assertEquals(28, all.size());
    for (Map.Entry<String, Dense> expected : all.entrySet()) {
      String[] parts = expected.getKey().split("\\|", -1);
      double value = Double.parseDouble(parts[2]);
      Operation operation =
          switch (parts[1]) {
            case "brightness" -> new Enhancement.Brightness(value);
            case "contrast" -> new Enhancement.Contrast(value);
            case "saturation" -> new Enhancement.Color(value);
            default -> new Enhancement.Hue(value);
          };
      Pixels image = Pictures.named("image|" + parts[0]);
      assertSameBytes(expected.getKey(), expected.getValue(), operation.apply(image));
    }
  }

  @Test
  void hueGoesThroughHsvAsInPillow() {
    Pixels image = Pictures.named("hue|image");
    for (double turn : new double[] {0, 0.3}) {
      Dense expected = Pictures.FIXTURE.dense("hue|" + turn);
      assertSameBytes("hue " + turn, expected, new Enhancement.Hue(turn).apply(image));
    }
  }

  private static void assertSameBytes(String name, Dense expected, Pixels found) {
    assertArrayEquals(Pictures.of(expected).data(), found.data(), name);
  }

  @Test
  void noOperationWritesToItsImage() {
    Pixels image = Pictures.noise(9, 7, 3);
    byte[] before = image.data().clone();
    for (OperationKind kind : OperationKind.values()) {
      Pixels result = kind.at(9, false, Interpolation.BICUBIC, List.of(1)).apply(image);
      assertEquals(image.toString(), result.toString(), kind.word());
      assertArrayEquals(before, image.data(), kind.word());
    }
  }

  @Test
  void operationsOfColourLeaveOtherChannelsAlone() {
    for (int channels : new int[] {2, 4, 13}) {
      Pixels image = Pictures.noise(9, 7, channels);
      for (OperationKind kind : OperationKind.values()) {
        Operation operation = kind.at(9, false, Interpolation.BILINEAR, List.of(1));
        if (operation instanceof Geometry) {
          assertFalse(image, operation);
        } else {
          assertSame(image, operation.apply(image), kind.word());
        }
      }
      assertSame(image, new Enhancement.Hue(0.2).apply(image));
    }
  }

  private static void assertFalse(Pixels image, Operation operation) {
    assertTrue(!Arrays.equals(image.data(), operation.apply(image).data()), operation.toString());
  }

  /** A channel is moved as it would be alone. */
  @Test
  void geometryMovesEachChannelAlike() {
    Pixels image = Pictures.noise(11, 8, 5);
    for (Interpolation kernel : Interpolation.values()) {
      Pixels all = new Geometry.Rotate(21, kernel, List.of(1, 2, 3, 4, 5)).apply(image);
      for (int c = 0; c < 5; c++) {
        Pixels alone = new Geometry.Rotate(21, kernel, List.of(c + 1)).apply(channel(image, c));
        assertArrayEquals(alone.data(), channel(all, c).data());
      }
    }
  }

  private static Pixels channel(Pixels image, int channel) {
    byte[] data = new byte[image.height() * image.width()];
    for (int i = 0; i < data.length; i++) {
      data[i] = image.data()[i * image.channels() + channel];
    }
    return Pixels.of(image.height(), image.width(), 1, data);
  }

  @Test
  void rightAnglesMoveWholePixels() {
    Pixels image = Pictures.noise(6, 6, 1);
    Pixels turned = new Geometry.Rotate(90, Interpolation.BICUBIC, List.of(0)).apply(image);
    for (int y = 0; y < 6; y++) {
      for (int x = 0; x < 6; x++) {
        assertEquals(image.data()[x * 6 + 5 - y], turned.data()[y * 6 + x]);
      }
    }
  }

  @Test
  void posterizingToNoBitsIsBlack() {
    Pixels image = Pictures.noise(6, 6, 3);
    assertArrayEquals(new byte[108], new PointOperation.Posterize(0).apply(image).data());
    assertArrayEquals(image.data(), new PointOperation.Posterize(8).apply(image).data());
  }

  @Test
  void magnitudesBeyondTheScaleAreCutWhereValuesEnd() {
    assertEquals(
        new PointOperation.Posterize(0),
        OperationKind.POSTERIZE_INCREASING.at(30, false, Interpolation.BILINEAR, List.of(0)));
    assertEquals(
        new PointOperation.Solarize(0),
        OperationKind.SOLARIZE_INCREASING.at(30, false, Interpolation.BILINEAR, List.of(0)));
    assertEquals(
        new Enhancement.Contrast(0.1),
        OperationKind.CONTRAST_INCREASING.at(30, true, Interpolation.BILINEAR, List.of(0)));
  }

  @Test
  void badArgumentsAreNamed() {
    IllegalArgumentException bits =
        assertThrows(IllegalArgumentException.class, () -> new PointOperation.Posterize(9));
    assertEquals("posterize: bits: expected 0 to 8, found 9", bits.getMessage());
    assertThrows(IllegalArgumentException.class, () -> new Enhancement.Hue(0.6));
    assertThrows(IllegalArgumentException.class, () -> new Enhancement.Contrast(Double.NaN));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Geometry.Rotate(1, Interpolation.BICUBIC, List.of(256)));
    assertThrows(
        DataException.class,
        () ->
            new Geometry.Rotate(1, Interpolation.BICUBIC, List.of(1, 2))
                .apply(Pictures.noise(3, 3, 3)));
    assertThrows(IllegalArgumentException.class, () -> OperationKind.named("Blur"));
  }
}
