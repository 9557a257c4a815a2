package ai.lacuna.graph;

import java.util.random.RandomGenerator;

/**
 * A named float32 tensor that belongs to the network.
 *
 * @param name dotted path, as in the public checkpoints: {@code blocks.0.attn.qkv.weight}
 * @param shape dimensions, none dynamic
 * @param trainable false for fixed tensors such as sin-cos positions
 * @param initializer makes the values of a fresh network
 */
public record Parameter(String name, Shape shape, boolean trainable, Initializer initializer) {
  /**
   * @throws IllegalArgumentException if the name is not a dotted path or the shape is dynamic
   */
  public Parameter {
    if (!name.matches("[A-Za-z0-9_]+(\\.[A-Za-z0-9_]+)*")) {
      throw new IllegalArgumentException("parameter name: expected a dotted path, found " + name);
    }
    if (shape.isBatched()) {
      throw new IllegalArgumentException(name + ": expected a fixed shape, found " + shape);
    }
  }

  /** True for biases and norms, which get no weight decay (timm's and MAE's rule). */
  public boolean isOneDimensional() {
    return shape.rank() <= 1;
  }

  /** Makes the values of a fresh parameter. */
  @FunctionalInterface
  public interface Initializer {
    /**
     * Draws the values.
     *
     * @param count elements of the parameter
     * @param random the parameter's own stream
     * @return {@code count} values in row-major order
     */
    float[] values(int count, RandomGenerator random);
  }

  /** All elements equal. */
  public static Initializer constant(float value) {
    return (count, random) -> {
      float[] values = new float[count];
      java.util.Arrays.fill(values, value);
      return values;
    };
  }

  /** Uniform in (−bound, bound). */
  public static Initializer uniform(double bound) {
    return (count, random) -> {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
      }
      return values;
    };
  }

  /** Xavier uniform: bound √(6 / (fanIn + fanOut)) (Glorot and Bengio 2010). */
  public static Initializer xavierUniform(long fanIn, long fanOut) {
    return uniform(Math.sqrt(6.0 / (fanIn + fanOut)));
  }

  /** Normal around 0. */
  public static Initializer normal(double deviation) {
    return (count, random) -> {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = (float) (random.nextGaussian() * deviation);
      }
      return values;
    };
  }
}
