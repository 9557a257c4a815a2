package ai.lacuna.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The strategies of masking with a sentence for each: for the help and for pictures. */
final class MaskCatalogue {
  private static final Map<String, String> NAMES = new LinkedHashMap<>();
  private static final Map<String, String> VARIANTS = new LinkedHashMap<>();

  static {
    NAMES.put("random", "Every set of patches is equally likely, as in MAE.");
    NAMES.put("block", "Blocks of random shape are removed, as in BEiT.");
    NAMES.put("window", "One window is removed, as by a cloud.");
    NAMES.put("inverse-block", "One window is kept, as in I-JEPA and data2vec 2.0.");
    NAMES.put("grid", "A regular lattice is kept: at 75 %, one of every 2 × 2.");
    NAMES.put("stratified", "A share goes in blocks, the rest one by one.");
    NAMES.put("saliency", "Patches of much contrast are removed more often.");
    NAMES.put("low-frequency", "Flat patches are removed more often.");
    VARIANTS.put("saliency:by=edges,prefer=keep", "Patches with edges are kept more often.");
    VARIANTS.put("low-frequency:prefer=keep", "Flat patches are kept more often.");
  }

  private MaskCatalogue() {}

  /** What a picture of all strategies shows. */
  static List<String> shown() {
    return List.of(
        "random",
        "block",
        "window",
        "inverse-block",
        "grid",
        "stratified",
        "saliency",
        "saliency:by=edges,prefer=keep",
        "low-frequency",
        "low-frequency:prefer=keep");
  }

  /** A sentence about a strategy, by its text. */
  static String sentence(String text) {
    String name = text.replaceFirst(":.*", "").strip();
    return VARIANTS.getOrDefault(text, NAMES.getOrDefault(name, ""));
  }

  /** The names with their values, for the help. */
  static String help() {
    return """
          random
          block:least=0.08             smallest block, as a share of the grid
          window
          inverse-block
          grid
          stratified:blocks=0.5,least=0.08
                                       share of the removed patches in blocks
          saliency:by=contrast,prefer=remove
                                       or by=edges, or prefer=keep
          low-frequency:prefer=remove  or keep
        """;
  }
}
