package ai.lacuna.vit;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.Collections;
import java.util.List;

/**
 * The masked autoencoder (arXiv 2111.06377): the encoder sees the visible patches only, the light
 * decoder all of them, with a mask token in the place of each removed one; the loss is the mean
 * squared error of the removed patches.
 *
 * <pre>
 *   images       uint8 [batch, H, W, C]
 *   ids_keep     int64 [batch, K]   patches to keep, in the encoder's order
 *   ids_restore  int64 [batch, N]   for each patch its place in (kept, removed)
 *   mask       float32 [batch, N]   1 = removed, 0 = kept
 *   loss               []           mean over the removed patches of the batch
 *   pred               [batch, N, p·p·C], normalised pixels, or each patch's own when the objective says so
 *   latent             [batch, 1 + K, D] after the final norm
 * </pre>
 *
 * @param encoder the encoder
 * @param decoder the decoder's shape
 * @param keep K, the number of visible patches of an image, at least 1 and less than N
 * @param objective what is predicted, and how errors count
 */
public record MaskedAutoencoder(
    VisionTransformer encoder, DecoderConfig decoder, int keep, Objective objective) {
  /** Added to a target patch's variance (MAE). */
  static final double PATCH_VARIANCE_EPSILON = 1e-6;

  /**
   * @throws IllegalArgumentException if no patch is kept, or none removed
   */
  public MaskedAutoencoder {
    if (keep < 1 || keep >= encoder.config().numPatches()) {
      throw new IllegalArgumentException(
          "keep: expected 1 to "
              + (encoder.config().numPatches() - 1)
              + " visible patches, found "
              + keep
              + "; choose another mask ratio");
    }
  }

  /** The functions {@code loss}, for training, {@code forward} and {@code encode}. */
  public Program program() {
    return Program.of(lossFunction(), forward(), encodeFunction());
  }

  /** images, ids_keep, ids_restore, mask → loss. */
  public Graph lossFunction() {
    GraphBuilder g = new GraphBuilder("loss");
    Parts parts = parts(g);
    Value pred = decode(g, encode(g, parts), parts.idsRestore);
    return g.output("loss", loss(g, parts, pred)).build();
  }

  /** images, ids_keep, ids_restore, mask → loss, pred, latent. */
  public Graph forward() {
    GraphBuilder g = new GraphBuilder("forward");
    Parts parts = parts(g);
    Value latent = encode(g, parts);
    Value pred = decode(g, latent, parts.idsRestore);
    return g.output("loss", loss(g, parts, pred))
        .output("pred", pred)
        .output("latent", latent)
        .build();
  }

  /** images, ids_keep → latent. */
  public Graph encodeFunction() {
    GraphBuilder g = new GraphBuilder("encode");
    Value images = encoder.images(g);
    Value idsKeep = g.input("ids_keep", DType.INT64, Shape.batch(keep));
    return g.output("latent", encode(g, patches(g, images), idsKeep)).build();
  }

  private record Parts(Value patches, Value idsKeep, Value idsRestore, Value mask) {}

  private Parts parts(GraphBuilder g) {
    long n = encoder.config().numPatches();
    Value images = encoder.images(g);
    Value idsKeep = g.input("ids_keep", DType.INT64, Shape.batch(keep));
    Value idsRestore = g.input("ids_restore", DType.INT64, Shape.batch(n));
    Value mask = g.input("mask", DType.FLOAT32, Shape.batch(n));
    return new Parts(patches(g, images), idsKeep, idsRestore, mask);
  }

  private Value patches(GraphBuilder g, Value images) {
    Value normalized = Patches.normalize(g, images, encoder.normalization());
    return Patches.patchify(g, normalized, encoder.config());
  }

  private Value encode(GraphBuilder g, Parts parts) {
    return encode(g, parts.patches, parts.idsKeep);
  }

  private Value encode(GraphBuilder g, Value patches, Value idsKeep) {
    List<Value> blocks = encoder.encodeVisible(g, patches, idsKeep);
    return encoder.norm(g, blocks.get(blocks.size() - 1));
  }

  /** latent [batch, 1 + K, D] → pred [batch, N, p·p·C]. */
  private Value decode(GraphBuilder g, Value latent, Value idsRestore) {
    VitConfig config = encoder.config();
    int dim = decoder.embedDim();
    long n = config.numPatches();
    Value x = TransformerBlock.linear(g, "decoder_embed", latent, dim);
    Value token =
        g.parameter(
            new Parameter(
                "mask_token",
                Shape.of(1, 1, dim),
                true,
                Parameter.normal(VisionTransformer.TOKEN_DEVIATION)));
    // A gather from (kept, one mask token) would do; (kept, removed) is what ids_restore indexes.
    Value removed = g.expandBatch(g.concat(1, Collections.nCopies((int) n - keep, token)), x);
    Value shuffled = g.concat(1, List.of(g.slice(x, 1, 1, 1L + keep), removed));
    Value restored = g.gatherRows(shuffled, idsRestore);
    Value full = g.concat(1, List.of(g.slice(x, 1, 0, 1), restored));
    Shape shape = Shape.of(1, 1 + n, dim);
    Value y =
        g.add(full, g.parameter(VisionTransformer.sinCos("decoder_pos_embed", shape, config, dim)));
    int mlpDim = (int) Math.round(dim * decoder.mlpRatio());
    for (int i = 0; i < decoder.depth(); i++) {
      y = new TransformerBlock("decoder_blocks." + i, dim, decoder.numHeads(), mlpDim).apply(g, y);
    }
    Value normed = TransformerBlock.norm(g, "decoder_norm", y);
    Value pred = TransformerBlock.linear(g, "decoder_pred", normed, config.patchDim());
    return g.slice(pred, 1, 1, 1 + n);
  }

  /** Σ mask · mean((pred − target)²) / Σ mask (equation of section 3, "Reconstruction target"). */
  private Value loss(GraphBuilder g, Parts parts, Value pred) {
    Value target = objective.normPixLoss() ? normalizePatches(g, parts.patches) : parts.patches;
    Value difference = g.sub(pred, target);
    Value perPatch = g.mean(g.mul(difference, difference), false, 2);
    Value total = g.sum(g.mul(perPatch, parts.mask), false, 0, 1);
    return g.div(total, g.sum(parts.mask, false, 0, 1));
  }

  /** (x − mean) / √(var + 1e-6) of each patch, with the unbiased variance that MAE uses. */
  private Value normalizePatches(GraphBuilder g, Value patches) {
    long d = encoder.config().patchDim();
    Value centred = g.sub(patches, g.mean(patches, true, 2));
    Value squares = g.sum(g.mul(centred, centred), true, 2);
    Value variance = g.mul(squares, g.scalar(1.0 / Math.max(1, d - 1)));
    return g.div(centred, g.sqrt(g.add(variance, g.scalar(PATCH_VARIANCE_EPSILON))));
  }
}
