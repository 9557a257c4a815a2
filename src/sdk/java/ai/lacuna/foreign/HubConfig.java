package ai.lacuna.foreign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/**
 * What shapes don't tell of a network of Hugging Face: its {@code config.json} does.
 *
 * @param heads attention heads of the encoder; 0 if the file doesn't say
 * @param decoderHeads those of the decoder; 0 if the file doesn't say
 * @param epsilon what every LayerNorm adds to the variance; 0 if the file doesn't say
 */
record HubConfig(int heads, int decoderHeads, double epsilon) {
  static final String FILE = "config.json";
  private static final int MOST = 1 << 14;
  private static final double MOST_EPSILON = 0.1;

  /**
   * Reads the file, if it is there and the weights are of the library that writes it.
   *
   * @throws ai.lacuna.weights.WeightsException if it is damaged, a number is out of range, or the
   *     MLP has another activation than GELU, which no tensor would tell
   * @throws IOException if it cannot be read
   */
  static HubConfig beside(Path weights, Layout layout) throws IOException {
    Path file = weights.resolveSibling(FILE);
    if (layout != Layout.HF || !Files.isRegularFile(file)) {
      return new HubConfig(0, 0, 0);
    }
    ProcessorFields fields = ProcessorFields.read(file);
    if (fields.has("hidden_act") && !fields.text("hidden_act").equals("gelu")) {
      throw fields.bad("hidden_act", "gelu, the activation of MAE", fields.found("hidden_act"));
    }
    return new HubConfig(
        count(fields, "num_attention_heads"),
        count(fields, "decoder_num_attention_heads"),
        epsilon(fields));
  }

  private static double epsilon(ProcessorFields fields) {
    OptionalDouble value = fields.number("layer_norm_eps");
    double epsilon = value.orElse(0);
    if (value.isPresent() && !(epsilon > 0 && epsilon <= MOST_EPSILON)) {
      throw fields.bad(
          "layer_norm_eps", "more than 0, at most 0.1", fields.found("layer_norm_eps"));
    }
    return epsilon;
  }

  private static int count(ProcessorFields fields, String name) {
    OptionalDouble value = fields.number(name);
    if (value.isEmpty()) {
      return 0;
    }
    double count = value.getAsDouble();
    if (count != Math.rint(count) || count < 1 || count > MOST) {
      throw fields.bad(name, "a whole number of at least 1", fields.found(name));
    }
    return (int) count;
  }
}
