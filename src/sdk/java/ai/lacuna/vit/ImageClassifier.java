package ai.lacuna.vit;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * An encoder with a head: what is fine-tuned (arXiv 2111.06377, appendix A.1). Parameters have
 * timm's names; the head's are {@code head.weight}, {@code head.bias} and, for the mean of patch
 * tokens, {@code fc_norm}.
 *
 * <pre>
 *   images     uint8   [batch, H, W, C]
 *   partners   uint8   [batch, H, W, C]    what is mixed in
 *   share      float32 [batch, H, W, 1]    of the image itself in each pixel, 0 to 1
 *   drop_path  float32 [batch, 2 · depth]  factor of each residual branch (arXiv 1603.09382): 0, or
 *                                          1 / (1 − its rate); attention of block i at 2i, MLP 2i + 1
 *   ids_keep   int64   [batch, K]          patches that are not left out, where some are
 *   targets    float32 [batch, outputs]    shares of classes, 0 or 1 for labels, or values
 *   weights    float32 [batch]             of each image in the loss; they add up to 1
 *   loss               []                  weighted sum over the images
 *   logits             [batch, outputs]
 *   embedding          [batch, D]          what the head reads
 * </pre>
 *
 * @param encoder the encoder
 * @param head the head
 */
public record ImageClassifier(VisionTransformer encoder, HeadConfig head) {
  /** The loss's function, for training. */
  public static final String LOSS = "loss";

  /** The same for images of which each is mixed with another: mixup and cutmix. */
  public static final String MIXED_LOSS = "loss_mixed";

  /** The head's weight [outputs, D]. */
  public static final String WEIGHT = "head.weight";

  /** The head's bias [outputs]. */
  public static final String BIAS = "head.bias";

  /** The norm of the mean of patch tokens. */
  public static final String MEAN_NORM = "fc_norm";

  /** Deviation of the head's initial weight: nearly 0, so that it begins undecided (MAE). */
  private static final double HEAD_DEVIATION = 2e-5;

  /** The functions {@code loss}, {@code loss_mixed} and {@code forward}. */
  public Program program() {
    return program(List.of());
  }

  /**
   * The functions of {@link #program()}, and both losses of a part of each image's patches for each
   * count of them that is less than N (arXiv 2208.07220), named by {@link #lossName}.
   *
   * @param keeps counts of patches that are not left out, 1 to N
   * @throws IllegalArgumentException if that many patches can't be kept
   */
  public Program program(Collection<Integer> keeps) {
    int all = encoder.config().numPatches();
    List<Graph> functions = new ArrayList<>(List.of(loss(all, false), loss(all, true), forward()));
    for (int keep : new TreeSet<>(keeps)) {
      if (keep < 1 || keep > all) {
        throw new IllegalArgumentException(
            "keep: expected 1 to " + all + " patches of an image, found " + keep);
      }
      if (keep < all) {
        functions.add(loss(keep, false));
        functions.add(loss(keep, true));
      }
    }
    return new Program(functions);
  }

  /**
   * The function of the loss of some or all patches.
   *
   * @param keep patches of an image that are not left out
   * @param mixed whether images are mixed with others
   */
  public String lossName(int keep, boolean mixed) {
    String name = mixed ? MIXED_LOSS : LOSS;
    return keep == encoder.config().numPatches() ? name : name + "_k" + keep;
  }

  /** images → logits, embedding. */
  public Graph forward() {
    GraphBuilder g = new GraphBuilder("forward");
    Value embedding = embedding(g, encoder.images(g));
    return g.output("logits", logits(g, embedding)).output("embedding", embedding).build();
  }

  /** What the head reads of whole images, [batch, D]. */
  public Value embedding(GraphBuilder g, Value images) {
    List<Value> blocks = encoder.encode(g, images);
    return pool(g, blocks.get(blocks.size() - 1), encoder.config().numPatches());
  }

  /** The head on what it reads. */
  public Value logits(GraphBuilder g, Value embedding) {
    int dim = encoder.config().embedDim();
    Value weight =
        g.parameter(
            new Parameter(
                WEIGHT, Shape.of(head.outputs(), dim), true, Parameter.normal(HEAD_DEVIATION)));
    Value bias =
        g.parameter(new Parameter(BIAS, Shape.of(head.outputs()), true, Parameter.constant(0)));
    return g.linear(embedding, weight, bias);
  }

  /** Logits as a reader wants them: probabilities of classes or labels, or the values. */
  public Value answers(GraphBuilder g, Value logits) {
    return switch (head.target()) {
      case CLASSES -> g.softmax(logits);
      case LABELS -> sigmoid(g, logits);
      case VALUES -> logits;
    };
  }

  /** 1 / (1 + exp(−x)), as the first share of a softmax over (x, 0). */
  private Value sigmoid(GraphBuilder g, Value logits) {
    int n = head.outputs();
    Value column = g.reshape(logits, -1, n, 1);
    Value pair = g.concat(2, List.of(column, g.mul(column, g.scalar(0))));
    return g.reshape(g.slice(g.softmax(pair), 2, 0, 1), -1, n);
  }

  private Value pool(GraphBuilder g, Value tokens, int patches) {
    return switch (head.pooling()) {
      case CLS -> encoder.cls(g, encoder.norm(g, tokens));
      case MEAN ->
          TransformerBlock.norm(
              g,
              MEAN_NORM,
              g.mean(g.slice(tokens, 1, 1, 1L + patches), false, 1),
              encoder.config().layerNormEpsilon());
    };
  }

  private Graph loss(int keep, boolean mixed) {
    GraphBuilder g = new GraphBuilder(lossName(keep, mixed));
    Value pixels = Patches.normalize(g, encoder.images(g), encoder.normalization());
    if (mixed) {
      pixels = mixed(g, pixels);
    }
    DropPath drop = DropPath.input(g, encoder.config().depth());
    Value tokens = trained(g, pixels, keep, drop);
    Value targets = g.input("targets", DType.FLOAT32, Shape.batch(head.outputs()));
    Value weights = g.input("weights", DType.FLOAT32, Shape.batch());
    Value logits = logits(g, pool(g, tokens, keep));
    Value losses = g.mul(ofImages(g, logits, targets), weights);
    return g.output("loss", g.sum(losses, false, 0)).build();
  }

  /** The last block's output in training, [batch, 1 + K, D]. */
  private Value trained(GraphBuilder g, Value pixels, int keep, DropPath drop) {
    int all = encoder.config().numPatches();
    if (keep == all) {
      return encoder.encodeDropped(g, pixels, drop);
    }
    Value idsKeep = new MaskInputs(all, keep).idsKeep(g);
    return encoder.encodeDropped(g, pixels, idsKeep, drop);
  }

  /** others + share · (pixels − others). */
  private Value mixed(GraphBuilder g, Value pixels) {
    VitConfig config = encoder.config();
    int height = config.imageHeight();
    int width = config.imageWidth();
    Value partners =
        g.input("partners", DType.UINT8, Shape.batch(height, width, config.channels()));
    Value share = g.input("share", DType.FLOAT32, Shape.batch(height, width, 1));
    Value others = Patches.normalize(g, partners, encoder.normalization());
    return g.add(others, g.mul(g.sub(pixels, others), share));
  }

  /** The loss of each image, [batch]. */
  private Value ofImages(GraphBuilder g, Value logits, Value targets) {
    return switch (head.target()) {
      case CLASSES -> g.mul(g.sum(g.mul(g.logSoftmax(logits), targets), false, 1), g.scalar(-1));
      case LABELS -> g.mean(g.sub(g.softplus(logits), g.mul(logits, targets)), false, 1);
      case VALUES -> {
        Value error = g.sub(logits, targets);
        yield g.mean(g.mul(error, error), false, 1);
      }
    };
  }
}
