package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;

/**
 * The head of a segmenter: a map of patch features in, a logit for each class and pixel out.
 *
 * @param kind what lies between patches and pixels
 * @param classes at least 2
 * @param width channels of the convolutions, at least 1; the linear head has none
 */
public record SegmentationHead(Kind kind, int classes, int width) {

  /** What lies between patches and pixels. */
  public enum Kind {
    /**
     * A linear layer on each patch, then bilinear interpolation to the pixels: the linear protocol
     * of dense features (arXiv 2304.07193, section 7.4).
     */
    LINEAR,
    /**
     * Twice a 3 × 3 convolution, a layer norm over the channels, GELU and bilinear interpolation to
     * twice the size, but never beyond the pixels; then a linear layer on each point, interpolated
     * to the pixels. The simple end of naive upsampling decoders (arXiv 2012.15840, section 3.2).
     */
    CONV
  }

  /** Before the names of all its parameters. */
  public static final String PREFIX = "head.";

  /** The classifying layer's weight [classes, D], or [classes, width] after convolutions. */
  public static final String WEIGHT = PREFIX + "weight";

  /** The classifying layer's bias [classes]. */
  public static final String BIAS = PREFIX + "bias";

  private static final int STAGES = 2;
  private static final int KERNEL = 3;

  /** Deviation of the classifying layer's initial weight. */
  private static final double DEVIATION = 0.01;

  /**
   * @throws IllegalArgumentException if there are too few classes or channels
   */
  public SegmentationHead {
    if (classes < 2 || width < 1) {
      throw new IllegalArgumentException(
          "segmentation head: expected at least 2 classes and 1 channel, found "
              + classes
              + " and "
              + width);
    }
  }

  /** A linear layer on each patch. */
  public static SegmentationHead linear(int classes) {
    return new SegmentationHead(Kind.LINEAR, classes, 1);
  }

  /** Two convolutions of so many channels. */
  public static SegmentationHead conv(int classes, int width) {
    return new SegmentationHead(Kind.CONV, classes, width);
  }

  /**
   * Logits of every pixel.
   *
   * @param map features of patches [batch, gh, gw, D]
   * @param height of the result, in pixels
   * @param width of the result, in pixels
   * @return [batch, classes, height, width]
   */
  Value logits(GraphBuilder g, Value map, int height, int width) {
    Value features = kind == Kind.CONV ? convolved(g, map, height, width) : map;
    long dim = features.shape().dim(-1);
    Value weight =
        g.parameter(
            new Parameter(WEIGHT, Shape.of(classes, dim), true, Parameter.normal(DEVIATION)));
    Value bias = g.parameter(new Parameter(BIAS, Shape.of(classes), true, Parameter.constant(0)));
    return g.bilinear(channelsFirst(g, g.linear(features, weight, bias)), height, width);
  }

  /** Features [batch, gh, gw, D] to [batch, h, w, width], h and w up to four times as many. */
  private Value convolved(GraphBuilder g, Value map, int height, int width) {
    Value y = map;
    for (int stage = 1; stage <= STAGES; stage++) {
      Value mixed = channelsLast(g, convolution(g, PREFIX + "conv" + stage, channelsFirst(g, y)));
      Value active =
          g.gelu(
              TransformerBlock.norm(
                  g, PREFIX + "norm" + stage, mixed, VitConfig.LAYER_NORM_EPSILON));
      long tall = Math.min(height, 2 * y.shape().dim(1));
      long wide = Math.min(width, 2 * y.shape().dim(2));
      y = channelsLast(g, g.bilinear(channelsFirst(g, active), tall, wide));
    }
    return y;
  }

  /** Initial weights are normal with variance 2 / fan-in (arXiv 1502.01852, equation 10). */
  private Value convolution(GraphBuilder g, String name, Value x) {
    long in = x.shape().dim(1);
    double deviation = Math.sqrt(2.0 / (in * KERNEL * KERNEL));
    Shape kernel = Shape.of(width, in, KERNEL, KERNEL);
    Value weight =
        g.parameter(new Parameter(name + ".weight", kernel, true, Parameter.normal(deviation)));
    Value bias =
        g.parameter(new Parameter(name + ".bias", Shape.of(width), true, Parameter.constant(0)));
    return g.conv(x, weight, bias);
  }

  private static Value channelsFirst(GraphBuilder g, Value x) {
    return g.transpose(x, 0, 3, 1, 2);
  }

  private static Value channelsLast(GraphBuilder g, Value x) {
    return g.transpose(x, 0, 2, 3, 1);
  }
}
