package ai.lacuna.zoo;

import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;

/**
 * The content of an entry's {@code config.json}, which is also the metadata of its weights.
 *
 * @param name the entry's name
 * @param architecture the encoder's architecture
 * @param preprocessing what is done to an image before the encoder sees it
 */
record EntryConfig(String name, VitConfig architecture, Preprocessing preprocessing) {
  static final String METADATA_KEY = "lacuna.config";

  /** Numbers in the encoder's weights, fixed ones included. */
  long parameters() {
    Normalization statistics = new Normalization(preprocessing.mean(), preprocessing.std());
    return new VisionTransformer(architecture, statistics)
        .program().parameters().stream()
            .mapToLong(
                parameter -> parameter.shape().dims().stream().reduce(1L, Math::multiplyExact))
            .sum();
  }
}
