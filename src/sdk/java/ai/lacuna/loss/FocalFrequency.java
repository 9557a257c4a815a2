package ai.lacuna.loss;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * {@code frequency}: the focal frequency loss of each patch and channel (arXiv 2012.12821,
 * equations 5 to 8).
 *
 * <pre>
 *   F = DFT(d)                orthonormal, of a patch's channel, side × side
 *   w = (|F| / max |F|)^α     through which no gradient flows
 *   loss = mean of w · |F|²
 * </pre>
 *
 * The transform is orthonormal: with w = 1 this would be the mean squared error. It is two products
 * with constant matrices of sines and cosines, one for each axis.
 *
 * @param alpha α, a multiple of 1/2 from 0.5 to 8, so that roots and products give the power; the
 *     greater, the more the loss looks at the frequencies that are worst
 */
public record FocalFrequency(double alpha) implements PatchLoss {
  static final String WORD = "frequency";

  /** Keeps the weights of a patch without error at 0 / 10⁻¹² = 0; far below any other maximum. */
  private static final double LEAST = 1e-12;

  /** The paper's α. */
  public static final double ALPHA = 1;

  private static final double MOST_ALPHA = 8;

  /**
   * @throws IllegalArgumentException if α is no multiple of 1/2 from 0.5 to 8
   */
  public FocalFrequency {
    if (!(alpha > 0 && alpha <= MOST_ALPHA) || 2 * alpha != Math.rint(2 * alpha)) {
      throw new IllegalArgumentException(
          "frequency: expected an alpha of 0.5, 1, 1.5, ... 8, found " + alpha);
    }
  }

  /** The paper's, α = 1. */
  public FocalFrequency() {
    this(ALPHA);
  }

  @Override
  public String text() {
    return alpha == ALPHA ? WORD : WORD + ":" + alpha;
  }

  @Override
  public Value perPatch(GraphBuilder g, Value difference, PatchShape shape) {
    int p = shape.side();
    long n = difference.shape().dim(1);
    Value pixels = g.reshape(difference, -1, n, p, p, shape.channels());
    Value planes = g.transpose(pixels, 0, 1, 4, 2, 3);
    Value waves = waves(g, p);
    // [batch, N, channels, row, column] → [..., row, 2p] → [..., 2p, row] → [..., 2p, 2p]
    Value columns = g.transpose(g.matmul(planes, waves), 0, 1, 2, 4, 3);
    Value both = g.matmul(columns, waves);
    Value real = g.sub(part(g, both, p, 0, 0), part(g, both, p, 1, 1));
    Value imaginary = g.add(part(g, both, p, 0, 1), part(g, both, p, 1, 0));
    Value power = g.add(g.mul(real, real), g.mul(imaginary, imaginary));
    Value magnitude = g.sqrt(power);
    Value most = g.add(g.max(magnitude, true, 3, 4), g.scalar(LEAST));
    Value weight = g.stopGradient(power(g, g.div(magnitude, most)));
    return g.mean(g.mul(weight, power), false, 2, 3, 4);
  }

  /** The base to the power α. */
  private Value power(GraphBuilder g, Value base) {
    List<Value> factors = new ArrayList<>(Collections.nCopies((int) alpha, base));
    if (alpha != Math.rint(alpha)) {
      factors.add(g.sqrt(base));
    }
    return factors.stream().reduce(g::mul).orElseThrow();
  }

  /** [p, 2p]: cos(2π·t·k/p) / √p, then the sines; row t is the place, column k the frequency. */
  private static Value waves(GraphBuilder g, int p) {
    List<Double> values = new ArrayList<>();
    for (int t = 0; t < p; t++) {
      for (int k = 0; k < 2 * p; k++) {
        double angle = 2 * Math.PI * (t * k % p) / p;
        values.add((k < p ? Math.cos(angle) : Math.sin(angle)) / Math.sqrt(p));
      }
    }
    return g.constant(values, Shape.of(p, 2L * p));
  }

  /** The products of cosines (0) or sines (1) of each axis. */
  private static Value part(GraphBuilder g, Value both, int p, int column, int row) {
    Value half = g.slice(both, 3, (long) column * p, (column + 1L) * p);
    return g.slice(half, 4, (long) row * p, (row + 1L) * p);
  }
}
