package ai.lacuna.vit;

/**
 * The light decoder of a masked autoencoder (arXiv 2111.06377, section 3).
 *
 * @param embedDim width of the decoder's tokens, a multiple of 4 and of {@code numHeads}
 * @param depth number of blocks, 1 to {@value VitConfig#MAX_DEPTH}
 * @param numHeads attention heads
 * @param mlpRatio hidden width of the MLP over {@code embedDim}
 * @param kind which tokens the decoder works on
 * @param maskToken what stands in the place of a removed patch
 * @param positions where the decoder's position embeddings come from
 * @param context what the blocks of a cross-attention decoder look at
 */
public record DecoderConfig(
    int embedDim,
    int depth,
    int numHeads,
    double mlpRatio,
    Kind kind,
    MaskToken maskToken,
    Positions positions,
    Context context) {

  /** Which tokens the decoder works on. */
  public enum Kind {
    /** All tokens, with self-attention (arXiv 2111.06377, section 3). */
    FULL,
    /**
     * The removed patches only, which look at the visible tokens by cross-attention and never at
     * each other (CrossMAE, arXiv 2401.14391, section 3); cheaper.
     */
    CROSS
  }

  /** What stands in the place of a removed patch, before its position is added. */
  public enum MaskToken {
    /** One learned vector, as MAE. */
    LEARNED,
    /**
     * Noise: a fixed vector for each position, from a normal of deviation 0.02, as a learned one
     * starts; drawn with the initial weights from the run's seed, and kept among them.
     */
    GAUSSIAN,
    /** The mean of the image's visible patch tokens in the decoder's width; no parameter. */
    MEAN
  }

  /** Where the decoder's position embeddings come from. */
  public enum Positions {
    /** Their own fixed sine-cosine table in the decoder's width, as MAE. */
    SEPARATE,
    /**
     * The encoder's, through a learned linear projection to the decoder's width; when the encoder's
     * are learned, the decoder's errors train them too.
     */
    SHARED
  }

  /** What the blocks of a cross-attention decoder look at. */
  public enum Context {
    /** The encoder's tokens after its final norm, in every block. */
    LAST,
    /**
     * In each block its own learned weighted sum of what all encoder blocks give and of what the
     * first one takes, before the final norm, then a norm of its own (arXiv 2401.14391, section
     * 3.3). The encoder's final norm then has no part in the loss, but for a mean as mask token,
     * and stays as it begins.
     */
    WEIGHTED
  }

  /**
   * @throws IllegalArgumentException if a value is out of range, or a decoder of all tokens is to
   *     look at weighted ones
   */
  public DecoderConfig {
    if (embedDim < 1 || depth < 1 || numHeads < 1 || !(mlpRatio > 0)) {
      throw new IllegalArgumentException(
          "decoder: expected embedDim, depth, numHeads of at least 1 and mlpRatio above 0, found "
              + embedDim
              + ", "
              + depth
              + ", "
              + numHeads
              + ", "
              + mlpRatio);
    }
    if (depth > VitConfig.MAX_DEPTH) {
      throw new IllegalArgumentException(
          "decoder depth: expected at most " + VitConfig.MAX_DEPTH + " blocks, found " + depth);
    }
    if (embedDim % numHeads != 0 || embedDim % 4 != 0) {
      throw new IllegalArgumentException(
          "decoder embedDim: expected a multiple of 4 and of numHeads "
              + numHeads
              + ", found "
              + embedDim);
    }
    if (context == Context.WEIGHTED && kind != Kind.CROSS) {
      throw new IllegalArgumentException(
          "decoder context: expected last of a decoder of all tokens, found weighted; choose the"
              + " cross decoder");
    }
  }

  /** A decoder whose blocks look at the encoder's normed tokens. */
  public DecoderConfig(
      int embedDim,
      int depth,
      int numHeads,
      double mlpRatio,
      Kind kind,
      MaskToken maskToken,
      Positions positions) {
    this(embedDim, depth, numHeads, mlpRatio, kind, maskToken, positions, Context.LAST);
  }

  /** The published decoder of a shape: all tokens, a learned mask token, positions of its own. */
  public DecoderConfig(int embedDim, int depth, int numHeads, double mlpRatio) {
    this(embedDim, depth, numHeads, mlpRatio, Kind.FULL, MaskToken.LEARNED, Positions.SEPARATE);
  }

  /** The paper's default: width 512, 8 blocks, 16 heads. */
  public static DecoderConfig paper() {
    return new DecoderConfig(512, 8, 16, 4);
  }

  /** Width 512 with another depth; the paper's table 1a tries 1, 2, 4, 8 and 12. */
  public static DecoderConfig paper(int depth) {
    return new DecoderConfig(512, depth, 16, 4);
  }

  /** For the micro encoder: width 64, 1 block, 4 heads. */
  public static DecoderConfig micro() {
    return new DecoderConfig(64, 1, 4, 4);
  }

  /** For the mini encoder: width 96, 1 block, 3 heads. */
  public static DecoderConfig mini() {
    return new DecoderConfig(96, 1, 3, 4);
  }

  /** The same decoder of another kind. */
  public DecoderConfig with(Kind other) {
    return new DecoderConfig(
        embedDim, depth, numHeads, mlpRatio, other, maskToken, positions, context);
  }

  /** The same decoder with another mask token. */
  public DecoderConfig with(MaskToken other) {
    return new DecoderConfig(embedDim, depth, numHeads, mlpRatio, kind, other, positions, context);
  }

  /** The same decoder with other positions. */
  public DecoderConfig with(Positions other) {
    return new DecoderConfig(embedDim, depth, numHeads, mlpRatio, kind, maskToken, other, context);
  }

  /** The same decoder with another context. */
  public DecoderConfig with(Context other) {
    return new DecoderConfig(
        embedDim, depth, numHeads, mlpRatio, kind, maskToken, positions, other);
  }

  /** Hidden width of the MLP. */
  int mlpDim() {
    return (int) Math.round(embedDim * mlpRatio);
  }
}
