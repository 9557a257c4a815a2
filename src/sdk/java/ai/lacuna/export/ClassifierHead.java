package ai.lacuna.export;

import ai.lacuna.serving.Pooling;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * A linear classifier on features of an encoder: logits = W·f + b, where f are the pooled tokens of
 * some blocks, each after the final norm, one block after the other.
 *
 * @param labels class names in order of their index
 * @param blocks which blocks' outputs, from 0, in the order of the features
 * @param pooling how a block's tokens are pooled
 * @param weight float32 {@code [classes, blocks · pooling.parts() · embedDim]}
 * @param bias float32 {@code [classes]}
 */
public record ClassifierHead(
    List<String> labels, List<Integer> blocks, Pooling pooling, Tensor weight, Tensor bias) {
  /** The weight's name in an exported classifier, as in timm. */
  public static final String WEIGHT = "head.weight";

  /** The bias's name in an exported classifier, as in timm. */
  public static final String BIAS = "head.bias";

  /**
   * @throws IllegalArgumentException if the shapes and the labels do not fit
   */
  public ClassifierHead {
    labels = List.copyOf(labels);
    blocks = List.copyOf(blocks);
    if (labels.isEmpty() || blocks.isEmpty()) {
      throw new IllegalArgumentException("head: expected labels and blocks, found none");
    }
    boolean fits =
        weight.shape().length == 2
            && weight.shape()[0] == labels.size()
            && Arrays.equals(bias.shape(), new long[] {labels.size()});
    if (!fits) {
      throw new IllegalArgumentException(
          "head: expected weight ["
              + labels.size()
              + ", features] and bias ["
              + labels.size()
              + "], found "
              + Arrays.toString(weight.shape())
              + " and "
              + Arrays.toString(bias.shape()));
    }
  }

  /** Width of the features. */
  int width() {
    return Math.toIntExact(weight.shape()[1]);
  }

  void requireFits(VitConfig config) {
    int expected = blocks.size() * pooling.parts() * config.embedDim();
    if (width() != expected) {
      throw new ExportException(
          "head: expected "
              + expected
              + " features ("
              + blocks.size()
              + " blocks, "
              + pooling.label()
              + ", width "
              + config.embedDim()
              + "), found "
              + width()
              + "; train the head on this encoder");
    }
    for (int block : blocks) {
      if (block < 0 || block >= config.depth()) {
        throw new ExportException(
            "head: expected blocks from 0 to "
                + (config.depth() - 1)
                + ", found "
                + block
                + "; train the head on this encoder");
      }
    }
  }

  NamedTensors with(NamedTensors encoder) {
    NamedTensors.Builder all = NamedTensors.builder();
    encoder.forEach(entry -> all.add(entry.name(), entry.tensor()));
    return all.add(WEIGHT, weight).add(BIAS, bias).build();
  }

  /**
   * The logits by plain loops in double precision.
   *
   * @param f the features that the encoder gives for {@link #blocks} and {@link #pooling}
   */
  float[] logits(float[] f) {
    float[] w = weight.toFloats();
    float[] b = bias.toFloats();
    float[] logits = new float[b.length];
    for (int c = 0; c < b.length; c++) {
      double sum = b[c];
      for (int i = 0; i < f.length; i++) {
        sum += (double) w[c * f.length + i] * f[i];
      }
      logits[c] = (float) sum;
    }
    return logits;
  }
}
