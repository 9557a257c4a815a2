package ai.lacuna.weights;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Guesses why weights do not fit an architecture. */
final class WeightsHint {
  private static final Pattern BLOCK = Pattern.compile("blocks\\.([0-9]{1,6})\\..*");
  private static final List<String> PREFIXES =
      List.of("module.", "model.", "encoder.", "backbone.", "vit.", "state_dict.");

  private WeightsHint() {}

  /** One sentence, or an empty text. */
  static String of(
      Set<String> expected, List<String> missing, List<String> unexpected, NamedTensors found) {
    for (String prefix : PREFIXES) {
      if (!missing.isEmpty()
          && unexpected.stream()
              .anyMatch(
                  name ->
                      name.startsWith(prefix)
                          && expected.contains(name.substring(prefix.length())))) {
        return "the names begin with '" + prefix + "'; strip the prefix";
      }
    }
    if (!missing.isEmpty() && missing.stream().allMatch(WeightsHint::isDecoder)) {
      return "they hold an encoder alone, where encoder and decoder are needed";
    }
    if (missing.isEmpty()
        && !unexpected.isEmpty()
        && unexpected.stream().allMatch(WeightsHint::isDecoder)) {
      return "they hold a decoder too; keep the encoder's tensors alone";
    }
    return looks(found);
  }

  private static boolean isDecoder(String name) {
    return name.startsWith("decoder_") || name.equals("mask_token");
  }

  private static String looks(NamedTensors found) {
    List<String> parts = new ArrayList<>();
    shape(found, "cls_token", 3).ifPresent(shape -> parts.add("width " + shape[2]));
    int depth = 0;
    for (String name : found.names()) {
      Matcher block = BLOCK.matcher(name);
      if (block.matches()) {
        depth = Math.max(depth, Integer.parseInt(block.group(1)) + 1);
      }
    }
    if (depth > 0) {
      parts.add(depth + (depth == 1 ? " block" : " blocks"));
    }
    shape(found, "patch_embed.proj.weight", 4)
        .ifPresent(
            shape ->
                parts.add(
                    "patches of %s x %s with %s channels".formatted(shape[2], shape[3], shape[1])));
    shape(found, "pos_embed", 3).ifPresent(shape -> parts.add(shape[1] - 1 + " patch positions"));
    return parts.isEmpty() ? "" : "they look like a ViT of " + String.join(", ", parts);
  }

  private static Optional<long[]> shape(NamedTensors found, String name, int rank) {
    return found.find(name).map(Tensor::shape).filter(shape -> shape.length == rank);
  }
}
