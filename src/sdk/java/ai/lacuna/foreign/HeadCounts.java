package ai.lacuna.foreign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/**
 * The attention heads of a network of Hugging Face, which shapes don't tell: its {@code
 * config.json} does.
 *
 * @param encoder those of the encoder; 0 if the file doesn't say
 * @param decoder those of the decoder; 0 if the file doesn't say
 */
record HeadCounts(int encoder, int decoder) {
  static final String FILE = "config.json";
  private static final int MOST = 1 << 14;

  /**
   * Reads the file, if it is there and the weights are of the library that writes it.
   *
   * @throws ai.lacuna.weights.WeightsException if it is damaged, or a count is none
   * @throws IOException if it cannot be read
   */
  static HeadCounts beside(Path weights, Layout layout) throws IOException {
    Path file = weights.resolveSibling(FILE);
    if (layout != Layout.HF || !Files.isRegularFile(file)) {
      return new HeadCounts(0, 0);
    }
    ProcessorFields fields = ProcessorFields.read(file);
    return new HeadCounts(
        count(fields, "num_attention_heads"), count(fields, "decoder_num_attention_heads"));
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
