package ai.lacuna.augment;

import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.serving.Pixels;
import java.util.List;
import java.util.Random;

/** Images for the tests of this room: those of timm and torchvision, and noise. */
final class Pictures {
  static final Fixture FIXTURE = Fixture.read("augment/augment");

  private Pictures() {}

  /** An image of the fixture. */
  static Pixels named(String name) {
    return of(FIXTURE.dense(name));
  }

  static Pixels of(Dense dense) {
    byte[] data = new byte[dense.values().length];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) dense.values()[i];
    }
    return Pixels.of(dense.dim(0), dense.dim(1), dense.dim(2), data);
  }

  /** The fill that the fixture's images were moved with. */
  static List<Integer> fill(Pixels image) {
    return image.channels() == 3 ? List.of(124, 116, 104) : List.of(73);
  }

  /** Noise. */
  static Pixels noise(int height, int width, int channels) {
    byte[] data = new byte[height * width * channels];
    new Random(5).nextBytes(data);
    return Pixels.of(height, width, channels, data);
  }
}
