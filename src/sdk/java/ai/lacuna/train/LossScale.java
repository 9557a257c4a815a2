package ai.lacuna.train;

import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.util.Optional;

/**
 * The factor that keeps float16 gradients above the smallest number that the type holds (arXiv
 * 1710.03740, section 3.2), with PyTorch's defaults: it begins at 65,536, doubles after 2,000 steps
 * without overflow, and halves at each overflow. For the other types it is 1.
 */
final class LossScale {
  static final int GROWTH_INTERVAL = 2_000;

  private static final String NAME = "loss_scale";
  private static final double FIRST = 65_536;
  private static final double FACTOR = 2;

  private final boolean dynamic;
  private double scale;
  private int sinceChange;

  LossScale(Numerics numerics) {
    this.dynamic = numerics.scalesLoss();
    this.scale = dynamic ? FIRST : 1;
  }

  double scale() {
    return scale;
  }

  /** After a step whose gradients were finite. */
  void succeeded() {
    if (dynamic && ++sinceChange == GROWTH_INTERVAL) {
      scale *= FACTOR;
      sinceChange = 0;
    }
  }

  /**
   * After a step whose gradients were not.
   *
   * @return whether a smaller scale may help: below 1 the scale is not what is wrong
   */
  boolean overflowed() {
    sinceChange = 0;
    if (!dynamic || scale <= 1) {
      return false;
    }
    scale /= FACTOR;
    return true;
  }

  void save(NamedTensors.Builder state) {
    if (dynamic) {
      state.add(NAME, Tensor.of(new float[] {(float) scale, sinceChange}, 2));
    }
  }

  /** Takes up the scale of an earlier run; one of another precision has none. */
  void restore(NamedTensors state) {
    Optional<Tensor> saved = state.find(NAME);
    if (dynamic && saved.isPresent()) {
      float[] values = saved.get().toFloats();
      scale = values[0];
      sinceChange = (int) values[1];
    }
  }
}
