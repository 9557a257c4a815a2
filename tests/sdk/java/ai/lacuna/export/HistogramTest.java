package ai.lacuna.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.lacuna.graph.onnx.Numbers;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HistogramTest {
  @Test
  void leavesOutTheShareAtEachEnd() {
    float[] values = new float[100_000];
    Random random = new Random(2);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() * (i % 1000 == 0 ? 50 : 1) + 0.5f;
    }
    Histogram histogram = new Histogram();
    histogram.add(FloatBuffer.wrap(values));
    Arrays.sort(values);
    Numbers.Range all = histogram.range(0);
    assertEquals(values[0], all.min());
    assertEquals(values[values.length - 1], all.max());
    for (double share : new double[] {1e-4, 1e-3, 0.01}) {
      int outside = (int) (share * values.length);
      Numbers.Range range = histogram.range(share);
      // A bin is a fraction of the largest magnitude.
      double bin = 2 * Math.max(-all.min(), all.max()) / 4096;
      assertEquals(values[outside], range.min(), bin);
      assertEquals(values[values.length - 1 - outside], range.max(), bin);
    }
  }

  @Test
  void holdsZero() {
    Histogram histogram = new Histogram();
    histogram.add(FloatBuffer.wrap(new float[] {2, 3}));
    assertEquals(new Numbers.Range(0, 3), histogram.range(0));
  }

  @Test
  void refusesWhatIsNotANumber() {
    Histogram histogram = new Histogram();
    assertThrows(
        ExportException.class, () -> histogram.add(FloatBuffer.wrap(new float[] {Float.NaN})));
  }
}
