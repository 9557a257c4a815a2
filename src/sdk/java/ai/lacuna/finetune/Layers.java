package ai.lacuna.finetune;

/**
 * The layer of each parameter, counted from the input (MAE, {@code get_layer_id_for_vit}): 0 for
 * class token, positions and patch embedding, i + 1 for block i, depth + 1 for final norm and head.
 *
 * @param depth blocks of the encoder
 */
record Layers(int depth) {
  private static final String BLOCKS = "blocks.";

  /** The layer of head and final norm. */
  int top() {
    return depth + 1;
  }

  int of(String parameter) {
    if (parameter.equals("cls_token")
        || parameter.equals("pos_embed")
        || parameter.startsWith("patch_embed.")) {
      return 0;
    }
    if (parameter.startsWith(BLOCKS)) {
      int end = parameter.indexOf('.', BLOCKS.length());
      return Integer.parseInt(parameter, BLOCKS.length(), end, 10) + 1;
    }
    return top();
  }
}
