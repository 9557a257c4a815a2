package ai.lacuna.export;

import ai.lacuna.graph.onnx.Numbers;
import java.nio.FloatBuffer;

/**
 * How often values of each size occur. Bins are widened, two becoming one, when a value lies beyond
 * the last; so one pass over the values is enough.
 */
final class Histogram {
  /** On each side of 0. */
  private static final int BINS = 4096;

  private static final double FIRST_WIDTH = 0x1p-20;

  private final long[] below = new long[BINS];
  private final long[] above = new long[BINS];
  private double width = FIRST_WIDTH;
  private float min;
  private float max;
  private long count;

  /** Counts values; NaN and infinities are refused. */
  void add(FloatBuffer values) {
    while (values.hasRemaining()) {
      add(values.get());
    }
  }

  private void add(float value) {
    if (!Float.isFinite(value)) {
      throw new ExportException("calibration: expected finite values, found " + value);
    }
    double magnitude = Math.abs((double) value);
    while (magnitude >= width * BINS) {
      widen();
    }
    (value < 0 ? below : above)[(int) (magnitude / width)]++;
    min = Math.min(min, value);
    max = Math.max(max, value);
    count++;
  }

  private void widen() {
    for (long[] side : new long[][] {below, above}) {
      for (int i = 0; i < BINS; i++) {
        side[i] = 2 * i < BINS ? side[2 * i] + side[2 * i + 1] : 0;
      }
    }
    width *= 2;
  }

  /**
   * The smallest range around 0, in whole bins, outside of which lies no more than a share of the
   * values at either end.
   */
  Numbers.Range range(double share) {
    long most = (long) (share * count);
    double low = Math.max(min, -edge(below, most));
    double high = Math.min(max, edge(above, most));
    return new Numbers.Range((float) Math.min(0, low), (float) Math.max(0, high));
  }

  private double edge(long[] side, long most) {
    long outside = 0;
    for (int i = BINS - 1; i >= 0; i--) {
      outside += side[i];
      if (outside > most) {
        return (i + 1) * width;
      }
    }
    return 0;
  }
}
