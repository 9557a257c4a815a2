package ai.lacuna.foreign;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The names of each layout. Ours are those of the public MAE checkpoints; separate queries, keys
 * and values become {@code attn.q}, {@code attn.k} and {@code attn.v} for {@link Fusion} to join.
 */
final class LayoutNames {
  private static final String ENDS = "\\.(weight|bias)";
  private static final String NUMBER = "(\\d{1,4})\\.";

  /** Around timm's or torchvision's network, or around nothing else. */
  private static final String LIGHTLY = "(?:backbone\\.vit\\.|backbone\\.|vit\\.)";

  private static final String HF = "(?:vit\\.)?";

  private final List<NameRule> rules = new ArrayList<>();

  private LayoutNames() {}

  /** The rules of a layout; the first that fits counts. */
  static List<NameRule> of(Layout layout) {
    LayoutNames names = new LayoutNames();
    switch (layout) {
      case MAE, TIMM -> {
        names.plainEncoder("");
        names.plainDecoder("");
      }
      case HF -> names.huggingFace();
      case TORCHVISION -> names.torchvision("");
      case LIGHTLY -> names.lightly();
    }
    return List.copyOf(names.rules);
  }

  private void plainEncoder(String prefix) {
    part(prefix + "cls_token", "cls_token");
    part(prefix + "pos_embed", "pos_embed");
    pair(prefix + "patch_embed\\.proj", "patch_embed.proj");
    blocks(prefix + "blocks\\." + NUMBER, "blocks.", plainBlock());
    pair(prefix + "norm", "norm");
    pair(prefix + "fc_norm", "fc_norm");
    pair(prefix + "head", "head");
    other(prefix + "head\\..*");
  }

  private void plainDecoder(String prefix) {
    part(prefix + "mask_token", "mask_token");
    pair(prefix + "decoder_embed", "decoder_embed");
    part(prefix + "decoder_pos_embed", "decoder_pos_embed");
    blocks(prefix + "decoder_blocks\\." + NUMBER, "decoder_blocks.", plainBlock());
    pair(prefix + "decoder_norm", "decoder_norm");
    pair(prefix + "decoder_pred", "decoder_pred");
  }

  /** Names of published files, and those of the library's version 5 in memory. */
  private void huggingFace() {
    part(HF + "embeddings\\.cls_token", "cls_token");
    part(HF + "embeddings\\.position_embeddings", "pos_embed");
    pair(HF + "embeddings\\.patch_embeddings\\.projection", "patch_embed.proj");
    blocks(HF + "(?:encoder\\.layer|layers)\\." + NUMBER, "blocks.", huggingFaceBlock());
    pair(HF + "layernorm", "norm");
    pair("classifier", "head");
    other(HF + "pooler\\..*");
    rules.add(NameRule.of(NameRule.Kind.UNUSED, HF + "embeddings\\.mask_token"));
    part("decoder\\.mask_token", "mask_token");
    part("decoder\\.decoder_pos_embed", "decoder_pos_embed");
    pair("decoder\\.decoder_embed", "decoder_embed");
    blocks(
        "decoder\\.decoder_(?:layers|encoder\\.layer)\\." + NUMBER,
        "decoder_blocks.",
        huggingFaceBlock());
    pair("decoder\\.decoder_norm", "decoder_norm");
    pair("decoder\\.decoder_pred", "decoder_pred");
  }

  private void torchvision(String prefix) {
    part(prefix + "class_token", "cls_token");
    part(prefix + "encoder\\.pos_embedding", "pos_embed");
    pair(prefix + "conv_proj", "patch_embed.proj");
    torchvisionBlocks(prefix + "encoder\\.", "blocks.");
    pair(prefix + "encoder\\.ln", "norm");
    pair(prefix + "heads\\.head", "head");
    other(prefix + "heads\\..*");
  }

  /** Files of the first versions write linear_1 for mlp.0. */
  private void torchvisionBlocks(String prefix, String ours) {
    String theirs = prefix + "layers\\.encoder_layer_" + NUMBER;
    rules.add(
        NameRule.part(theirs + "self_attention\\.in_proj_(weight|bias)", ours + "$1.attn.qkv.$2"));
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("ln_1", "norm1");
    parts.put("self_attention.out_proj", "attn.proj");
    parts.put("ln_2", "norm2");
    parts.put("mlp.0", "mlp.fc1");
    parts.put("mlp.linear_1", "mlp.fc1");
    parts.put("mlp.3", "mlp.fc2");
    parts.put("mlp.linear_2", "mlp.fc2");
    blocks(theirs, ours, parts);
  }

  /** The decoder of timm's blocks, and the earlier one that was torchvision's encoder. */
  private void lightly() {
    rules.add(NameRule.of(NameRule.Kind.UNUSED, "backbone\\.mask_token"));
    plainDecoder("(?:decoder\\.)?");
    part("decoder\\.pos_embedding", "decoder_pos_embed");
    torchvisionBlocks("decoder\\.", "decoder_blocks.");
    pair("decoder\\.ln", "decoder_norm");
    pair("decoder\\.prediction_head", "decoder_pred");
    plainEncoder(LIGHTLY);
    torchvision(LIGHTLY);
  }

  private static Map<String, String> plainBlock() {
    Map<String, String> parts = new LinkedHashMap<>();
    for (String part : List.of("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2")) {
      parts.put(part, part);
    }
    return parts;
  }

  private static Map<String, String> huggingFaceBlock() {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("layernorm_before", "norm1");
    parts.put("attention.attention.query", "attn.q");
    parts.put("attention.attention.key", "attn.k");
    parts.put("attention.attention.value", "attn.v");
    parts.put("attention.output.dense", "attn.proj");
    parts.put("attention.q_proj", "attn.q");
    parts.put("attention.k_proj", "attn.k");
    parts.put("attention.v_proj", "attn.v");
    parts.put("attention.o_proj", "attn.proj");
    parts.put("layernorm_after", "norm2");
    parts.put("intermediate.dense", "mlp.fc1");
    parts.put("output.dense", "mlp.fc2");
    parts.put("mlp.fc1", "mlp.fc1");
    parts.put("mlp.fc2", "mlp.fc2");
    return parts;
  }

  private void part(String theirs, String ours) {
    rules.add(NameRule.part(theirs, ours));
  }

  /** A weight and a bias. */
  private void pair(String theirs, String ours) {
    part(theirs + ENDS, ours + ".$1");
  }

  private void blocks(String theirs, String ours, Map<String, String> parts) {
    parts.forEach(
        (their, our) -> part(theirs + Pattern.quote(their) + ENDS, ours + "$1." + our + ".$2"));
  }

  private void other(String theirs) {
    rules.add(NameRule.of(NameRule.Kind.OTHER_HEAD, theirs));
  }
}
