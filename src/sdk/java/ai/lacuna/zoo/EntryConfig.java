package ai.lacuna.zoo;

import ai.lacuna.serving.Preprocessing;
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
}
