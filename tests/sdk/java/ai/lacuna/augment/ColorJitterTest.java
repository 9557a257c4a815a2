package ai.lacuna.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Pixels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ColorJitterTest {
  private static final ColorJitter ALL = new ColorJitter(0.4, 0.2, 1.5, 0.1);

  @Test
  void drawsUniformFactorsFromTorchvisionsRanges() {
    Map<Class<?>, double[]> ranges = new HashMap<>();
    Set<List<Class<?>>> orders = new HashSet<>();
    for (int i = 0; i < 3000; i++) {
      List<Operation> drawn = ALL.draw(1, 0, i);
      assertEquals(4, drawn.size());
      List<Class<?>> order = new ArrayList<>();
      for (Operation operation : drawn) {
        order.add(operation.getClass());
        double value = value(operation);
        double[] range = ranges.computeIfAbsent(operation.getClass(), c -> new double[] {9, -9, 0});
        range[0] = Math.min(range[0], value);
        range[1] = Math.max(range[1], value);
        range[2] += value / 3000;
      }
      orders.add(order);
    }
    assertEquals(24, orders.size());
    assertRange(0.6, 1.4, Objects.requireNonNull(ranges.get(Enhancement.Brightness.class)));
    assertRange(0.8, 1.2, Objects.requireNonNull(ranges.get(Enhancement.Contrast.class)));
    assertRange(0, 2.5, Objects.requireNonNull(ranges.get(Enhancement.Color.class)));
    assertRange(-0.1, 0.1, Objects.requireNonNull(ranges.get(Enhancement.Hue.class)));
  }

  private static double value(Operation operation) {
    if (operation instanceof Enhancement.Brightness brightness) {
      return brightness.factor();
    } else if (operation instanceof Enhancement.Contrast contrast) {
      return contrast.factor();
    } else if (operation instanceof Enhancement.Color color) {
      return color.factor();
    }
    return ((Enhancement.Hue) operation).turn();
  }

  private static void assertRange(double least, double most, double[] found) {
    double slack = (most - least) / 30;
    assertTrue(found[0] >= least && found[0] < least + slack, "least " + found[0]);
    assertTrue(found[1] <= most && found[1] > most - slack, "most " + found[1]);
    assertTrue(Math.abs(found[2] - (least + most) / 2) < slack, "mean " + found[2]);
  }

  @Test
  void isTheOperationsInTheirOrder() {
    Pixels image = Pictures.named("image|rgb");
    Pixels expected = image;
    for (Operation operation : ALL.draw(4, 5, 6)) {
      expected = operation.apply(expected);
    }
    assertArrayEquals(expected.data(), ALL.apply(image, 4, 5, 6).data());
  }

  @Test
  void leavesOutWhatIsZero() {
    assertEquals(3, ColorJitter.of(0.4).draw(0, 0, 0).size());
    Pixels image = Pictures.noise(4, 4, 3);
    assertSame(image, ColorJitter.of(0).apply(image, 0, 0, 0));
  }

  @Test
  void leavesChannelsThatAreNoColours() {
    Pixels image = Pictures.noise(4, 4, 5);
    assertSame(image, ALL.apply(image, 0, 0, 0));
  }

  @Test
  void refusesValuesOutOfRange() {
    assertThrows(IllegalArgumentException.class, () -> new ColorJitter(-0.1, 0, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new ColorJitter(0, 0, 0, 0.51));
  }
}
