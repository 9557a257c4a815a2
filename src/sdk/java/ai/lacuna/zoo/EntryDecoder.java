package ai.lacuna.zoo;

import ai.lacuna.vit.DecoderConfig;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.Map;

/**
 * What the metadata of {@code decoder.safetensors} says.
 *
 * @param decoder the decoder's shape
 * @param normPixLoss whether each target patch was normalised
 */
record EntryDecoder(DecoderConfig decoder, boolean normPixLoss) {
  static final String METADATA_KEY = "lacuna.decoder";

  /** What fields mean that the first entries do not have. */
  private static final Map<String, String> ABSENT =
      Map.of("kind", "full", "mask_token", "learned", "positions", "separate", "context", "last");

  /**
   * Reads the metadata of this version or an earlier one.
   *
   * @param where the file's name for messages
   * @throws ZooException if it is malformed
   */
  static EntryDecoder read(String json, String where) {
    try {
      JsonObject tree = JsonParser.parseString(json).getAsJsonObject();
      if (tree.get("decoder") instanceof JsonObject decoder) {
        ABSENT.forEach(
            (name, value) -> {
              if (!decoder.has(name)) {
                decoder.addProperty(name, value);
              }
            });
      }
      return ZooJson.read(tree.toString(), EntryDecoder.class, where);
    } catch (JsonParseException | IllegalStateException e) {
      throw new ZooException(where + ": expected the decoder's description in its metadata", e);
    }
  }
}
