package ai.lacuna.graph.onnx;

import java.util.Map;
import java.util.Set;

/**
 * How a model holds the weights of its linear layers, and in which numbers it multiplies. Whatever
 * it is, inputs and outputs are those of the graph, and sums, layer norms and reductions are
 * float32. A linear layer on pooled features, such as a head, stays float32: it costs next to
 * nothing and decides between classes.
 *
 * <p>All forms are standard operators. ONNX Runtime fuses each with its neighbours when it loads a
 * model, and is then as fast as with its own operators written out.
 */
public sealed interface Numbers {
  /** Float32, the graph's own. */
  static Numbers float32() {
    return new Float32();
  }

  /** IEEE 754 half precision. */
  static Numbers float16() {
    return new Float16(Set.of());
  }

  /** Eight bits, with ranges measured in each call. */
  static Numbers dynamicInt8() {
    return new DynamicInt8(Set.of());
  }

  /** Weights of linear layers that stay float32 all the same, by name. */
  Set<String> exact();

  /** Float32, the graph's own. */
  record Float32() implements Numbers {
    @Override
    public Set<String> exact() {
      return Set.of();
    }
  }

  /**
   * Half precision for linear layers, attention, and what moves or maps their results. A CPU
   * converts to float32 and back; the file is half as large.
   *
   * @param exact see {@link Numbers#exact}
   */
  record Float16(Set<String> exact) implements Numbers {
    /** Copies the names. */
    public Float16 {
      exact = Set.copyOf(exact);
    }
  }

  /**
   * Weights in 8 bits, symmetric, with one scale for each output. Inputs of linear layers become
   * unsigned 8 bits by the smallest and largest value of the call: an image's result depends a
   * little on the others of its batch.
   *
   * <p>On x86 processors without VNNI, ONNX Runtime's sums of products may saturate.
   *
   * @param exact see {@link Numbers#exact}
   */
  record DynamicInt8(Set<String> exact) implements Numbers {
    /** Copies the names. */
    public DynamicInt8 {
      exact = Set.copyOf(exact);
    }
  }

  /**
   * As {@link DynamicInt8}, with ranges fixed beforehand: no result depends on its batch. Written
   * with QuantizeLinear and DequantizeLinear around the product, which any runtime computes.
   *
   * @param ranges for each linear layer on tokens the range of its input, by its weight's name
   * @param exact see {@link Numbers#exact}
   */
  record StaticInt8(Map<String, Range> ranges, Set<String> exact) implements Numbers {
    /** Copies ranges and names. */
    public StaticInt8 {
      ranges = Map.copyOf(ranges);
      exact = Set.copyOf(exact);
    }
  }

  /**
   * Values from {@code min} to {@code max}; what lies outside is clipped.
   *
   * @param min at most 0
   * @param max at least 0
   */
  record Range(float min, float max) {
    /**
     * @throws IllegalArgumentException if 0 is not inside, or a bound is not finite
     */
    public Range {
      if (!(min <= 0 && max >= 0 && max - min < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "range: expected finite bounds around 0, found " + min + " to " + max);
      }
    }
  }
}
