package ai.lacuna.cli;

import ai.lacuna.text.NearMatches;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.VitConfig;
import java.util.LinkedHashMap;
import java.util.Map;

/** The architectures that {@code lacuna pretrain --model} knows, by their names. */
final class Models {
  private static final Map<String, Model> ALL = new LinkedHashMap<>();

  static {
    ALL.put("vit_micro_patch4_28", new Model(VitConfig.micro4(), DecoderConfig.micro()));
    ALL.put("vit_mini_patch4_28", new Model(VitConfig.mini4(), DecoderConfig.mini()));
    ALL.put("vit_tiny_patch16_224", new Model(VitConfig.tiny16(), DecoderConfig.paper()));
    ALL.put("vit_small_patch16_224", new Model(VitConfig.small16(), DecoderConfig.paper()));
    ALL.put("vit_base_patch16_224", new Model(VitConfig.base16(), DecoderConfig.paper()));
    ALL.put("vit_large_patch16_224", new Model(VitConfig.large16(), DecoderConfig.paper()));
    ALL.put("vit_huge_patch14_224", new Model(VitConfig.huge14(), DecoderConfig.paper()));
  }

  private Models() {}

  /**
   * An encoder's architecture and the decoder that goes with it.
   *
   * @param vit the encoder
   * @param decoder the decoder
   */
  record Model(VitConfig vit, DecoderConfig decoder) {}

  /** All names, from small to large. */
  static Iterable<String> names() {
    return ALL.keySet();
  }

  /**
   * The architecture of a name.
   *
   * @throws UsageException if there is none
   */
  static Model require(String name) {
    return require("model", name);
  }

  /**
   * The same for another option than {@code --model}.
   *
   * @throws UsageException if there is none
   */
  static Model require(String option, String name) {
    Model model = ALL.get(name);
    if (model == null) {
      throw new UsageException(
          "--"
              + option
              + ": expected one of "
              + String.join(", ", ALL.keySet())
              + ", found "
              + name
              + "; "
              + NearMatches.question(name, ALL.keySet()));
    }
    return model;
  }
}
