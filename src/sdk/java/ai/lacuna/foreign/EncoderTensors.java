package ai.lacuna.foreign;

import ai.lacuna.weights.NamedTensors;

/** The tensors of checkpoints whose layout is known, under the public MAE names. */
public final class EncoderTensors {
  private static final String NORM = "norm.";
  private static final String MEAN_NORM = "fc_norm.";
  private static final String HEAD = "head.";

  private EncoderTensors() {}

  /**
   * All that a network reads, and what no rule is about, for the caller to refuse.
   *
   * @param layout whose names they have
   * @throws ai.lacuna.weights.WeightsException if two tensors would have one name
   */
  public static NamedTensors all(Layout layout, NamedTensors tensors) {
    Renamed renamed = Renamed.of(layout, tensors);
    NamedTensors.Builder all = NamedTensors.builder();
    renamed.known().forEach(entry -> all.add(entry.name(), entry.tensor()));
    renamed.unknown().forEach(entry -> all.add(entry.name(), entry.tensor()));
    return all.build();
  }

  /**
   * Those of the encoder: decoder and head are left.
   *
   * @param layout whose names they have
   * @throws ai.lacuna.weights.WeightsException if two tensors would have one name
   */
  public static NamedTensors of(Layout layout, NamedTensors tensors) {
    return withNorm(
        all(layout, tensors).only(name -> !Renamed.isDecoder(name) && !name.startsWith(HEAD)));
  }

  /**
   * The norm of the mean of a fine-tuned network, {@code fc_norm}, in the place of the final norm,
   * which it has replaced; where both are there the final norm stays.
   */
  static NamedTensors withNorm(NamedTensors tensors) {
    NamedTensors.Builder renamed = NamedTensors.builder();
    for (NamedTensors.Entry entry : tensors) {
      String name = entry.name();
      String plain = name.startsWith(MEAN_NORM) ? NORM + name.substring(MEAN_NORM.length()) : name;
      if (plain.equals(name) || tensors.find(plain).isEmpty()) {
        renamed.add(plain, entry.tensor());
      }
    }
    return renamed.build();
  }
}
