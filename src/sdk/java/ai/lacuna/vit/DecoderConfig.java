package ai.lacuna.vit;

/**
 * The light decoder of a masked autoencoder (arXiv 2111.06377, section 3).
 *
 * @param embedDim width of the decoder's tokens, a multiple of 4 and of {@code numHeads}
 * @param depth number of blocks, at least 1
 * @param numHeads attention heads
 * @param mlpRatio hidden width of the MLP over {@code embedDim}
 */
public record DecoderConfig(int embedDim, int depth, int numHeads, double mlpRatio) {
  /**
   * @throws IllegalArgumentException if a value is out of range
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
    if (embedDim % numHeads != 0 || embedDim % 4 != 0) {
      throw new IllegalArgumentException(
          "decoder embedDim: expected a multiple of 4 and of numHeads "
              + numHeads
              + ", found "
              + embedDim);
    }
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
}
