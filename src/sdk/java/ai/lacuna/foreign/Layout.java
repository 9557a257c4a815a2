package ai.lacuna.foreign;

import ai.lacuna.vit.VitConfig;

/** Whose names and shapes the tensors of a file have. */
public enum Layout {
  /**
   * The masked autoencoder's own repository: encoder and decoder, the encoder alone, or fine-tuned
   * with {@code fc_norm} and {@code head}.
   */
  MAE("facebookresearch/mae", VitConfig.LAYER_NORM_EPSILON),

  /** timm's VisionTransformer with a class token. */
  TIMM("timm", VitConfig.LAYER_NORM_EPSILON),

  /** ViT and ViTMAE of Hugging Face transformers, whose LayerNorms add 1e-12. */
  HF("Hugging Face transformers", 1e-12),

  /** torchvision's VisionTransformer. */
  TORCHVISION("torchvision", VitConfig.LAYER_NORM_EPSILON),

  /** lightly's masked vision transformers, around timm's or torchvision's, and MAE decoders. */
  LIGHTLY("lightly", VitConfig.LAYER_NORM_EPSILON);

  private final String title;
  private final double epsilon;

  Layout(String title, double epsilon) {
    this.title = title;
    this.epsilon = epsilon;
  }

  /** The library's name. */
  public String title() {
    return title;
  }

  /** What the library adds to the variance in every LayerNorm, by default. */
  public double layerNormEpsilon() {
    return epsilon;
  }
}
