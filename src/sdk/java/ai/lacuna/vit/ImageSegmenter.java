package ai.lacuna.vit;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.List;

/**
 * An encoder with a dense head: a class for each pixel. The head reads the patch tokens after the
 * final norm, as a map of gh × gw features.
 *
 * <pre>
 *   images     uint8   [batch, H, W, C]
 *   drop_path  float32 [batch, 2 · depth]  factor of each residual branch, see {@link ImageClassifier}
 *   picks      int64   [batch, H · W]      pixel · classes + the pixel's class, row by row
 *   weights    float32 [batch, H · W]      of each pixel in the loss; 0 for one that is ignored
 *   loss               []                  weighted sum of the pixels' cross-entropies, in float32
 *   logits             [batch, classes, H, W]
 * </pre>
 *
 * @param encoder the encoder
 * @param head the head
 */
public record ImageSegmenter(VisionTransformer encoder, SegmentationHead head) {
  /** The loss's function, for training. */
  public static final String LOSS = "loss";

  /** The functions {@code loss} and {@code forward}. */
  public Program program() {
    return Program.of(loss(), forward());
  }

  /** images → logits. */
  public Graph forward() {
    GraphBuilder g = new GraphBuilder("forward");
    return g.output("logits", logits(g, encoder.images(g))).build();
  }

  /** The logits of images, uint8 [batch, H, W, C]: [batch, classes, H, W]. */
  public Value logits(GraphBuilder g, Value images) {
    List<Value> blocks = encoder.encode(g, images);
    return ofTokens(g, blocks.get(blocks.size() - 1));
  }

  /** Of the last block's tokens [batch, 1 + N, D]. */
  private Value ofTokens(GraphBuilder g, Value tokens) {
    VitConfig config = encoder.config();
    Value patches = g.slice(encoder.norm(g, tokens), 1, 1, 1L + config.numPatches());
    Value map = g.reshape(patches, -1, config.gridHeight(), config.gridWidth(), config.embedDim());
    return head.logits(g, map, config.imageHeight(), config.imageWidth());
  }

  private Graph loss() {
    VitConfig config = encoder.config();
    long pixels = (long) config.imageHeight() * config.imageWidth();
    GraphBuilder g = new GraphBuilder(LOSS);
    Value images = Patches.normalize(g, encoder.images(g), encoder.normalization());
    DropPath drop = DropPath.input(g, config.depth());
    Value picks = g.input("picks", DType.INT64, Shape.batch(pixels));
    Value weights = g.input("weights", DType.FLOAT32, Shape.batch(pixels));
    Value logits = ofTokens(g, encoder.encodeDropped(g, images, drop));
    Value shares = g.logSoftmax(g.transpose(logits, 0, 2, 3, 1));
    Value all = g.reshape(shares, -1, pixels * head.classes(), 1);
    Value picked = g.reshape(g.gatherRows(all, picks), -1, pixels);
    Value sum = g.sum(g.mul(picked, weights), false, 0, 1);
    return g.output("loss", g.mul(sum, g.scalar(-1))).build();
  }
}
