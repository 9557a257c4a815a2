package ai.lacuna.zoo;

import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.weights.NamedTensors;
import java.util.Set;

/**
 * Tensors by the names of facebookresearch/mae, which are Lacuna's: what of a checkpoint an encoder
 * takes. Decoder and head are left; the norm of the mean of a fine-tuned network, {@code fc_norm},
 * is the encoder's final norm, as it has replaced the pretrained one.
 */
final class MaeNames {
  private static final String NORM = "norm.";
  private static final String MEAN_NORM = ImageClassifier.MEAN_NORM + ".";

  private MaeNames() {}

  /**
   * The encoder's tensors.
   *
   * @param all of a checkpoint
   * @param wanted the encoder's names
   * @return those that are there; the caller compares them with what is wanted
   */
  static NamedTensors encoder(NamedTensors all, Set<String> wanted) {
    NamedTensors.Builder tensors = NamedTensors.builder();
    for (NamedTensors.Entry entry : all) {
      String name = entry.name();
      String plain = name.startsWith(MEAN_NORM) ? NORM + name.substring(MEAN_NORM.length()) : name;
      boolean replaced = !plain.equals(name) && all.find(plain).isPresent();
      if (wanted.contains(plain) && !replaced) {
        tensors.add(plain, entry.tensor());
      }
    }
    return tensors.build();
  }
}
