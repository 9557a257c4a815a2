package ai.lacuna.instruments;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.serving.Pixels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LikenessTest {
  /** Both sides compute in doubles; the order of their sums differs. */
  private static final double CLOSE = 1e-9;

  private static final Fixture FIXTURE = Fixture.read("likeness/likeness");

  private static Pixels image(String name) {
    Dense dense = FIXTURE.dense(name);
    byte[] data = new byte[dense.values().length];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) dense.values()[i];
    }
    return Pixels.of(dense.shape()[0], dense.shape()[1], dense.shape()[2], data);
  }

  @ParameterizedTest
  @ValueSource(strings = {"grey", "wide", "least"})
  void agreesWithScikitImage(String name) {
    Pixels a = image(name + ".a");
    Pixels b = image(name + ".b");
    assertEquals(FIXTURE.scalar(name + ".psnr"), Likeness.psnr(a, b), CLOSE);
    assertEquals(FIXTURE.scalar(name + ".ssim"), Likeness.ssim(a, b), CLOSE);
  }

  @Test
  void equalImagesAreAsAlikeAsCanBe() {
    Pixels a = image("grey.a");
    assertEquals(1, Likeness.ssim(a, a), CLOSE);
    assertEquals(Double.POSITIVE_INFINITY, Likeness.psnr(a, a));
  }

  @Test
  void imagesSmallerThanTheWindowTakeASmallerOne() {
    Pixels a = image("grey.a").crop(0, 0, 6, 8);
    Pixels b = image("grey.b").crop(0, 0, 6, 8);
    double ssim = Likeness.ssim(a, b);
    assertTrue(ssim > 0 && ssim < 1, String.valueOf(ssim));
  }

  @Test
  void squaredErrorIsOfOneChannel() {
    Pixels black = Pixels.of(1, 2, 2, new byte[4]);
    Pixels other = Pixels.of(1, 2, 2, new byte[] {0, (byte) 255, 0, 0});
    assertEquals(0, Likeness.squaredError(black, other, 0));
    assertEquals(0.5, Likeness.squaredError(black, other, 1));
  }

  @Test
  void refusesImagesOfTwoSizes() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> Likeness.psnr(Pixels.of(1, 2, 1, new byte[2]), Pixels.of(2, 1, 1, new byte[2])));
    assertTrue(String.valueOf(refused.getMessage()).contains("one size"));
  }
}
