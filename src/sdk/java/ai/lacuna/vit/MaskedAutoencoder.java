package ai.lacuna.vit;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Value;
import ai.lacuna.loss.PatchLoss;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The masked autoencoder (arXiv 2111.06377): the encoder sees the visible patches only, the light
 * decoder all of them, with a mask token in the place of each removed one; the loss counts errors
 * of the removed patches.
 *
 * <pre>
 *   images       uint8 [batch, H, W, C]
 *   ids_keep     int64 [batch, K]   patches to keep, in the encoder's order
 *   ids_restore  int64 [batch, N]   for each patch its place in (kept, removed)
 *   mask       float32 [batch, N]   1 = removed, 0 = kept, or padding, which has no part in the loss
 *   ids_remove  int64 [batch, N − K] removed patches, in the order that ids_restore means
 *   loss               []           mean over the removed patches of an image, then over the
 *                                   batch, without a perceptual term
 *   pred               [batch, N, p·p·C], normalised pixels, or each patch's own when the objective says so
 *   latent             [batch, 1 + K, D] after the final norm
 * </pre>
 *
 * @param encoder the encoder
 * @param decoder the decoder's shape
 * @param keep K, the number of visible patches of an image, at least 1 and less than N
 * @param objective what is predicted, and how errors count
 * @param padded whether {@code mask} may leave out removed patches; if not, {@link #lossFunction}
 *     does not look at it
 */
public record MaskedAutoencoder(
    VisionTransformer encoder,
    DecoderConfig decoder,
    int keep,
    Objective objective,
    boolean padded) {
  /** Of images without padding. */
  public MaskedAutoencoder(
      VisionTransformer encoder, DecoderConfig decoder, int keep, Objective objective) {
    this(encoder, decoder, keep, objective, false);
  }

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

  /**
   * As {@link #program()}, with {@link #reconstruct}: what an export of the whole network holds.
   */
  public Program exported() {
    return Program.of(lossFunction(), forward(), encodeFunction(), reconstruct());
  }

  /**
   * images, ids_keep, ids_restore, mask, ids_remove → reconstruction float32 [batch, H, W, C], on
   * the scale 0…255 of the images: visible patches as they are, removed ones as predicted, not
   * clipped. Predictions of normalised patches get the mean and deviation of what was removed.
   */
  public Graph reconstruct() {
    GraphBuilder g = new GraphBuilder("reconstruct");
    Parts parts = parts(g);
    Value pred = predictor().predict(g, encode(g, parts), parts.masks);
    Value mixed = targets().composite(g, pred, parts.patches, parts.masks.removed(g));
    Value pixels = g.transpose(Patches.unpatchify(g, mixed, encoder.config()), 0, 2, 3, 1);
    return g.output("reconstruction", Patches.denormalize(g, pixels, encoder.normalization()))
        .build();
  }

  /**
   * The functions of {@link #program()}, and one that computes the loss for each other count of
   * visible patches, named by {@link #lossName}.
   *
   * @param keeps counts of visible patches
   */
  public Program program(Collection<Integer> keeps) {
    List<Graph> functions = new ArrayList<>(program().functions());
    keeps.stream()
        .filter(other -> other != keep)
        .map(other -> new MaskedAutoencoder(encoder, decoder, other, objective, padded))
        .forEach(other -> functions.add(other.lossFunction(lossName(other.keep))));
    return new Program(functions);
  }

  /** The function of the loss for a count of visible patches: {@code loss} for {@code keep}. */
  public String lossName(int visible) {
    return visible == keep ? "loss" : "loss_k" + visible;
  }

  /**
   * images, ids_keep, ids_restore, mask, ids_remove → loss, that of {@link #forward} to rounding.
   *
   * <p>The decoder is asked for the removed patches alone, which takes fewer operations: a target
   * is made for them alone, and the loss is the plain mean over them, or over those of them that
   * {@code mask} counts. See {@link LossDecoder}.
   *
   * <p>With a perceptual loss, whose network is not part of the graph, more follow: {@code
   * reconstruction} and {@code original}, normalised pixels [batch, C, H, W], the first with the
   * removed patches as predicted; and {@code share}, of removed patches that count, [batch].
   */
  public Graph lossFunction() {
    return lossFunction("loss");
  }

  private Graph lossFunction(String name) {
    GraphBuilder g = new GraphBuilder(name);
    Parts parts = parts(g);
    Value pred = predictor().predictRemoved(g, encode(g, parts), parts.masks);
    Value target = targets().of(g, g.gatherRows(parts.patches, parts.masks.idsRemove(g)));
    Value loss =
        padded
            ? objective.loss().value(g, pred, target, parts.masks.counted(g), patchShape())
            : objective.loss().value(g, pred, target, patchShape());
    g.output("loss", loss);
    if (objective.loss().perceptual().isPresent()) {
      pictures(g, parts, parts.masks.placed(g, pred));
    }
    return g.build();
  }

  /** images, ids_keep, ids_restore, mask, ids_remove → loss, pred, latent: the published form. */
  public Graph forward() {
    GraphBuilder g = new GraphBuilder("forward");
    Parts parts = parts(g);
    VisibleTokens tokens = encode(g, parts);
    Value latent = tokens.latent();
    Value pred = predictor().predict(g, tokens, parts.masks);
    return g.output("loss", loss(g, parts, pred))
        .output("pred", pred)
        .output("latent", latent)
        .build();
  }

  /** images, ids_keep → latent. */
  public Graph encodeFunction() {
    GraphBuilder g = new GraphBuilder("encode");
    Value images = encoder.images(g);
    MaskInputs masks = masks();
    masks.idsKeep(g);
    return g.output("latent", encode(g, new Parts(patches(g, images), masks)).latent()).build();
  }

  private record Parts(Value patches, MaskInputs masks) {}

  /** The inputs of a function, in their order. */
  private Parts parts(GraphBuilder g) {
    MaskInputs masks = masks();
    Value images = encoder.images(g);
    masks.declare(g);
    return new Parts(patches(g, images), masks);
  }

  private MaskInputs masks() {
    return new MaskInputs(encoder.config().numPatches(), keep);
  }

  private Value patches(GraphBuilder g, Value images) {
    Value normalized = Patches.normalize(g, images, encoder.normalization());
    return Patches.patchify(g, normalized, encoder.config());
  }

  private VisibleTokens encode(GraphBuilder g, Parts parts) {
    List<Value> states = encoder.visibleStates(g, parts.patches, parts.masks.idsKeep(g));
    return new VisibleTokens(states, encoder.norm(g, states.get(states.size() - 1)));
  }

  private Decoder predictor() {
    return Decoder.of(decoder, encoder);
  }

  private Value loss(GraphBuilder g, Parts parts, Value pred) {
    Value target = targets().of(g, parts.patches);
    return objective.loss().value(g, pred, target, parts.masks.removed(g), patchShape());
  }

  private PatchLoss.PatchShape patchShape() {
    return new PatchLoss.PatchShape(encoder.config().patchSize(), encoder.config().channels());
  }

  private Targets targets() {
    return new Targets(encoder.config(), objective.normPixLoss());
  }

  /** What a perceptual loss is made of, beside the loss of the graph. */
  private void pictures(GraphBuilder g, Parts parts, Value pred) {
    Value mask = parts.masks.removed(g);
    Value mixed = targets().composite(g, pred, parts.patches, mask);
    g.output("reconstruction", Patches.unpatchify(g, mixed, encoder.config()))
        .output("original", Patches.unpatchify(g, parts.patches, encoder.config()))
        .output("share", g.mean(mask, false, 1));
  }
}
