package ai.lacuna.vit;

/**
 * The architecture of a plain vision transformer with a class token (arXiv 2010.11929).
 *
 * @param imageHeight height of the input in pixels, a multiple of {@code patchSize}
 * @param imageWidth width of the input in pixels, a multiple of {@code patchSize}
 * @param channels image channels, at least 1
 * @param patchSize side of a square patch in pixels
 * @param embedDim width of the tokens, a multiple of 4 (sin-cos positions) and of {@code numHeads}
 * @param depth number of transformer blocks, 1 to {@value #MAX_DEPTH}
 * @param numHeads attention heads
 * @param mlpRatio hidden width of the MLP over {@code embedDim}; 4 in the paper
 * @param positions how positions are embedded
 * @param layerNormEpsilon added to the variance in every LayerNorm of encoder and decoder, above 0;
 *     0, which JSON of earlier versions means by not saying it, becomes {@link #LAYER_NORM_EPSILON}
 */
public record VitConfig(
    int imageHeight,
    int imageWidth,
    int channels,
    int patchSize,
    int embedDim,
    int depth,
    int numHeads,
    double mlpRatio,
    Positions positions,
    double layerNormEpsilon) {

  /** MAE's and timm's value. */
  public static final double LAYER_NORM_EPSILON = 1e-6;

  /** Most blocks, of encoder and of decoder: some twenty times those of the deepest that exist. */
  public static final int MAX_DEPTH = 1000;

  /** Position embeddings. */
  public enum Positions {
    /** Fixed two-dimensional sine-cosine, width first, as MAE. */
    SIN_COS,
    /** Learned, initialised from a normal of deviation 0.02. */
    LEARNED
  }

  /**
   * @throws IllegalArgumentException if a value is out of range, or the patch size does not divide
   *     the image
   */
  public VitConfig {
    positive("imageHeight", imageHeight);
    positive("imageWidth", imageWidth);
    positive("channels", channels);
    positive("patchSize", patchSize);
    positive("embedDim", embedDim);
    positive("depth", depth);
    positive("numHeads", numHeads);
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException(
          "depth: expected at most " + MAX_DEPTH + " blocks, found " + depth);
    }
    if (imageHeight % patchSize != 0 || imageWidth % patchSize != 0) {
      throw new IllegalArgumentException(
          "patchSize: expected a divisor of the image's "
              + imageHeight
              + "x"
              + imageWidth
              + " pixels, found "
              + patchSize
              + "; choose another patch size, or resize or pad the images");
    }
    if (embedDim % numHeads != 0) {
      throw new IllegalArgumentException(
          "embedDim: expected a multiple of numHeads " + numHeads + ", found " + embedDim);
    }
    if (positions == Positions.SIN_COS && embedDim % 4 != 0) {
      throw new IllegalArgumentException(
          "embedDim: expected a multiple of 4 for sin-cos positions, found " + embedDim);
    }
    if (!(mlpRatio > 0)) {
      throw new IllegalArgumentException("mlpRatio: expected more than 0, found " + mlpRatio);
    }
    layerNormEpsilon = layerNormEpsilon == 0 ? LAYER_NORM_EPSILON : layerNormEpsilon;
    if (!(layerNormEpsilon > 0 && layerNormEpsilon < 1)) {
      throw new IllegalArgumentException(
          "layerNormEpsilon: expected more than 0 and less than 1, found " + layerNormEpsilon);
    }
  }

  /** The architecture with the published epsilon; the parameters are those of the record. */
  public VitConfig(
      int imageHeight,
      int imageWidth,
      int channels,
      int patchSize,
      int embedDim,
      int depth,
      int numHeads,
      double mlpRatio,
      Positions positions) {
    this(
        imageHeight,
        imageWidth,
        channels,
        patchSize,
        embedDim,
        depth,
        numHeads,
        mlpRatio,
        positions,
        LAYER_NORM_EPSILON);
  }

  private static void positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": expected at least 1, found " + value);
    }
  }

  /** Patches from top to bottom. */
  public int gridHeight() {
    return imageHeight / patchSize;
  }

  /** Patches from left to right. */
  public int gridWidth() {
    return imageWidth / patchSize;
  }

  /** Patches of an image; the class token is not one. */
  public int numPatches() {
    return gridHeight() * gridWidth();
  }

  /** Values of one patch: {@code patchSize² · channels}. */
  public int patchDim() {
    return patchSize * patchSize * channels;
  }

  /** Hidden width of the MLP. */
  public int mlpDim() {
    return (int) Math.round(embedDim * mlpRatio);
  }

  /** Width of one attention head. */
  public int headDim() {
    return embedDim / numHeads;
  }

  /**
   * The same architecture for other images. Weights of this one fit only after {@link
   * PositionEmbeddings#resample}, and only with the same channels.
   */
  public VitConfig withImage(int height, int width, int newChannels) {
    return withImage(height, width, newChannels, patchSize);
  }

  /** The same architecture for other images and patches. */
  public VitConfig withImage(int height, int width, int newChannels, int newPatchSize) {
    return new VitConfig(
        height,
        width,
        newChannels,
        newPatchSize,
        embedDim,
        depth,
        numHeads,
        mlpRatio,
        positions,
        layerNormEpsilon);
  }

  /** The same architecture with other positions. */
  public VitConfig with(Positions other) {
    return new VitConfig(
        imageHeight,
        imageWidth,
        channels,
        patchSize,
        embedDim,
        depth,
        numHeads,
        mlpRatio,
        other,
        layerNormEpsilon);
  }

  /** The same architecture with another number of heads. */
  public VitConfig withHeads(int heads) {
    return new VitConfig(
        imageHeight,
        imageWidth,
        channels,
        patchSize,
        embedDim,
        depth,
        heads,
        mlpRatio,
        positions,
        layerNormEpsilon);
  }

  /** The same architecture with another epsilon in every LayerNorm. */
  public VitConfig withEpsilon(double epsilon) {
    return new VitConfig(
        imageHeight,
        imageWidth,
        channels,
        patchSize,
        embedDim,
        depth,
        numHeads,
        mlpRatio,
        positions,
        epsilon);
  }

  /** Width 128, 6 blocks, 4 heads, patches of 4 on 28×28 grey images. */
  public static VitConfig micro4() {
    return new VitConfig(28, 28, 1, 4, 128, 6, 4, 4, Positions.SIN_COS);
  }

  /** Width 256, 6 blocks, 4 heads, patches of 4 on 28×28 grey images: four times the micro one. */
  public static VitConfig mini4() {
    return new VitConfig(28, 28, 1, 4, 256, 6, 4, 4, Positions.SIN_COS);
  }

  /** ViT-Ti/16 at 224: width 192, 12 blocks, 3 heads (DeiT, arXiv 2012.12877). */
  public static VitConfig tiny16() {
    return square224(16, 192, 12, 3);
  }

  /** ViT-S/16 at 224: width 384, 12 blocks, 6 heads (DeiT, arXiv 2012.12877). */
  public static VitConfig small16() {
    return square224(16, 384, 12, 6);
  }

  /** ViT-B/16 at 224: width 768, 12 blocks, 12 heads. */
  public static VitConfig base16() {
    return square224(16, 768, 12, 12);
  }

  /** ViT-L/16 at 224: width 1024, 24 blocks, 16 heads. */
  public static VitConfig large16() {
    return square224(16, 1024, 24, 16);
  }

  /** ViT-H/14 at 224: width 1280, 32 blocks, 16 heads. */
  public static VitConfig huge14() {
    return square224(14, 1280, 32, 16);
  }

  private static VitConfig square224(int patchSize, int embedDim, int depth, int numHeads) {
    return new VitConfig(224, 224, 3, patchSize, embedDim, depth, numHeads, 4, Positions.SIN_COS);
  }
}
