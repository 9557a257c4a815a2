package ai.lacuna.foreign;

import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.WeightsException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Parts of vision transformers that Lacuna's does not have. */
final class UnsupportedParts {
  private static final Map<Pattern, String> PARTS = parts();

  private UnsupportedParts() {}

  private static Map<Pattern, String> parts() {
    Map<Pattern, String> parts = new LinkedHashMap<>();
    put(parts, "reg_token|register_tokens?", "register tokens");
    put(parts, "dist_token|distillation_token|head_dist\\..*", "a distillation token");
    put(parts, "norm_pre\\..*|pre_layrnorm\\..*", "a norm before the blocks");
    put(
        parts,
        "ls[12]\\.gamma|gamma_[12]|layer_scale[12]?\\..*|lambda1",
        "a scale behind each branch (LayerScale)");
    put(parts, "(?:q|k)_norm\\..*", "norms of queries and keys");
    put(parts, "relative_position.*|rel_pos.*", "relative positions");
    put(parts, "mlp\\.(?:w12|w3|fc1_g|fc1_x|gate_proj)\\..*", "a gated MLP");
    put(parts, "attn_pool\\..*", "attention pooling");
    put(
        parts,
        "patch_embed\\.(?!proj\\.(?:weight|bias)).*|conv_proj\\.(?!weight|bias).*",
        "a convolutional stem");
    return parts;
  }

  private static void put(Map<Pattern, String> parts, String name, String what) {
    parts.put(Pattern.compile("(?:.*\\.)?(?:" + name + ")"), what);
  }

  /**
   * Refuses tensors of such parts.
   *
   * @throws WeightsException if there is one
   */
  static void refuse(NamedTensors tensors, String where) {
    for (NamedTensors.Entry entry : tensors) {
      PARTS.forEach(
          (name, what) -> {
            if (name.matcher(entry.name()).matches()) {
              throw unsupported(where, entry.name(), what);
            }
          });
      if (entry.name().endsWith("proj.weight") && entry.tensor().shape().length == 5) {
        throw unsupported(where, entry.name(), "patches of several frames");
      }
    }
  }

  private static WeightsException unsupported(String where, String name, String what) {
    return new WeightsException(
        "%s: expected a plain vision transformer with a class token, found %s (%s), which Lacuna's"
                .formatted(where, what, name)
            + " network does not have; choose a model without");
  }
}
