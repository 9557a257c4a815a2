package ai.lacuna.augment;

import ai.lacuna.data.Transform;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.Pixels;
import java.util.ArrayList;
import java.util.List;

/**
 * Brightness, contrast, saturation and hue, each changed by chance and in a random order.
 *
 * <p>The ranges and the arithmetic of torchvision's transform of that name on Pillow's images: each
 * of the first three is multiplied by a factor uniform in {@code max(0, 1 - v)…1 + v}, and the hue
 * turned by a part of a turn uniform in {@code -hue…hue}. A value of 0 leaves its operation out.
 * Saturation and hue of a grey image stay; images whose channels are no colours stay as they are.
 *
 * @param brightness the brightness' deviation from 1, at least 0
 * @param contrast the contrast's deviation from 1, at least 0
 * @param saturation the saturation's deviation from 1, at least 0
 * @param hue the largest part of a turn, 0…0.5
 */
public record ColorJitter(double brightness, double contrast, double saturation, double hue)
    implements Transform {
  private static final double MOST = 1000;

  /** Checks the ranges. */
  public ColorJitter {
    Range.check("color jitter: brightness", brightness, 0, MOST);
    Range.check("color jitter: contrast", contrast, 0, MOST);
    Range.check("color jitter: saturation", saturation, 0, MOST);
    Range.check("color jitter: hue", hue, 0, 0.5);
  }

  /**
   * The same deviation of brightness, contrast and saturation, and the hue as it is, as timm means
   * by one number.
   *
   * @param strength the deviation from 1, at least 0; 0.4 is timm's
   * @return the transform
   */
  public static ColorJitter of(double strength) {
    return new ColorJitter(strength, strength, strength, 0);
  }

  @Override
  public Pixels apply(Pixels image, long seed, long epoch, long sampleId) {
    Pixels result = image;
    for (Operation operation : draw(seed, epoch, sampleId)) {
      result = operation.apply(result);
    }
    return result;
  }

  /**
   * Draws the operations of one image.
   *
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @param sampleId the id of the sample
   * @return the operations in order; at most one of each
   */
  public List<Operation> draw(long seed, long epoch, long sampleId) {
    CounterRandom random = CounterRandom.of(seed, epoch, sampleId, Purpose.COLOUR);
    int[] order = random.permutation(4);
    double[] drawn = {
      factor(brightness, random),
      factor(contrast, random),
      factor(saturation, random),
      hue * (2 * random.nextDouble() - 1)
    };
    List<Operation> operations = new ArrayList<>();
    for (int which : order) {
      double value = drawn[which];
      if (which == 0 && brightness > 0) {
        operations.add(new Enhancement.Brightness(value));
      } else if (which == 1 && contrast > 0) {
        operations.add(new Enhancement.Contrast(value));
      } else if (which == 2 && saturation > 0) {
        operations.add(new Enhancement.Color(value));
      } else if (which == 3 && hue > 0) {
        operations.add(new Enhancement.Hue(value));
      }
    }
    return operations;
  }

  private static double factor(double deviation, CounterRandom random) {
    double least = Math.max(0, 1 - deviation);
    return least + (1 + deviation - least) * random.nextDouble();
  }
}
