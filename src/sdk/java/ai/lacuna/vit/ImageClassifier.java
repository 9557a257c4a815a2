package ai.lacuna.vit;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.List;

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
 *   ids_keep   int64   [batch, K]          patches that are not left out, if K is less than N
 *   targets    float32 [batch, outputs]    shares of classes, 0 or 1 for labels, or values
 *   weights    float32 [batch]             of each image in the loss; they add up to 1
 *   loss               []                  weighted sum over the images
 *   logits             [batch, outputs]
 *   embedding          [batch, D]          what the head reads
 * </pre>
 *
 * @param encoder the encoder
 * @param head the head
 * @param keep K, the patches of each image that the loss is computed of (arXiv 2208.07220), 1 to N;
 *     all others leave out none
 */
public record ImageClassifier(VisionTransformer encoder, HeadConfig head, int keep) {
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

  /**
   * @throws IllegalArgumentException if that many patches can't be kept
   */
  public ImageClassifier {
    int patches = encoder.config().numPatches();
    if (keep < 1 || keep > patches) {
      throw new IllegalArgumentException(
          "keep: expected 1 to " + patches + " patches of an image, found " + keep);
    }
  }

  /**
   * A network that is trained on whole images.
   *
   * @param encoder the encoder
   * @param head the head
   */
  public ImageClassifier(VisionTransformer encoder, HeadConfig head) {
    this(encoder, head, encoder.config().numPatches());
  }

  /** Whether the loss takes {@code ids_keep}. */
  public boolean dropsPatches() {
    return keep < encoder.config().numPatches();
  }

  /** The functions {@code loss}, {@code loss_mixed} and {@code forward}. */
  public Program program() {
    return Program.of(loss(LOSS, false), loss(MIXED_LOSS, true), forward());
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

  private Graph loss(String name, boolean mixed) {
    GraphBuilder g = new GraphBuilder(name);
    Value pixels = Patches.normalize(g, encoder.images(g), encoder.normalization());
    if (mixed) {
      pixels = mixed(g, pixels);
    }
    DropPath drop = DropPath.input(g, encoder.config().depth());
    Value tokens = trained(g, pixels, drop);
    Value targets = g.input("targets", DType.FLOAT32, Shape.batch(head.outputs()));
    Value weights = g.input("weights", DType.FLOAT32, Shape.batch());
    Value logits = logits(g, pool(g, tokens, keep));
    Value losses = g.mul(ofImages(g, logits, targets), weights);
    return g.output("loss", g.sum(losses, false, 0)).build();
  }

  /** The last block's output in training, [batch, 1 + K, D]. */
  private Value trained(GraphBuilder g, Value pixels, DropPath drop) {
    if (!dropsPatches()) {
      return encoder.encodeDropped(g, pixels, drop);
    }
    Value idsKeep = new MaskInputs(encoder.config().numPatches(), keep).idsKeep(g);
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
