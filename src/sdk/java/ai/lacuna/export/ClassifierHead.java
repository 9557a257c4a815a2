package ai.lacuna.export;

import ai.lacuna.encoder.Encoder;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.util.ArrayList;
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
    List<String> labels, List<Integer> blocks, Pooling pooling, Tensor weight, Tensor bias)
    implements ExportedHead {
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

  @Override
  public Manifest.Target target() {
    return Manifest.Target.CLASSES;
  }

  /** Width of the features. */
  int width() {
    return Math.toIntExact(weight.shape()[1]);
  }

  @Override
  public void requireFits(VitConfig config) {
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

  @Override
  public NamedTensors with(NamedTensors encoder) {
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

  @Override
  public Value logits(GraphBuilder g, VisionTransformer encoder) {
    List<Value> outputs = encoder.encode(g, encoder.images(g));
    List<Value> parts = new ArrayList<>();
    for (int block : blocks) {
      Value tokens = encoder.norm(g, outputs.get(block));
      switch (pooling) {
        case CLS -> parts.add(encoder.cls(g, tokens));
        case MEAN -> parts.add(encoder.mean(g, tokens));
        case CLS_MEAN -> {
          parts.add(encoder.cls(g, tokens));
          parts.add(encoder.mean(g, tokens));
        }
        case CLS_GRID, CLS_GRID7 -> {
          parts.add(encoder.cls(g, tokens));
          parts.add(ExportGraphs.grid(g, encoder, tokens, pooling));
        }
      }
    }
    Value features = parts.size() == 1 ? parts.get(0) : g.concat(1, parts);
    long classes = labels.size();
    Value w = g.parameter(fixed(WEIGHT, Shape.of(classes, width())));
    Value b = g.parameter(fixed(BIAS, Shape.of(classes)));
    return g.linear(features, w, b);
  }

  private static Parameter fixed(String name, Shape shape) {
    return new Parameter(name, shape, true, Parameter.constant(0));
  }

  @Override
  public Value probabilities(GraphBuilder g, Value logits) {
    return g.softmax(logits);
  }

  @Override
  public Reference reference(Encoder djl) {
    return new Reference() {
      @Override
      public float[][] logits(List<Pixels> images) {
        float[][] rows = djl.features(images, blocks, pooling);
        for (int i = 0; i < rows.length; i++) {
          rows[i] = ClassifierHead.this.logits(rows[i]);
        }
        return rows;
      }

      @Override
      public void close() {
        // The encoder is the caller's.
      }
    };
  }
}
