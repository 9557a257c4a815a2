package ai.lacuna.zoo;

import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;

/**
 * A pretrained masked autoencoder on its way into a zoo.
 *
 * @param name the entry's name
 * @param architecture the encoder's architecture
 * @param preprocessing what is done to an image before the encoder sees it
 * @param weights all of the autoencoder's parameters; those whose names are not the encoder's
 *     become the decoder's file
 * @param recipe a JSON object of the run's configuration, {@code pretrain}, and of the machine that
 *     it ran on, {@code environment}
 * @param trainingLog the run's metrics, a JSON object a line; those of kind {@code epoch} have
 *     {@code epoch}, {@code loss} and {@code seconds}
 */
public record Publication(
    String name,
    VitConfig architecture,
    Preprocessing preprocessing,
    NamedTensors weights,
    String recipe,
    String trainingLog) {

  NamedTensors encoder() {
    return weights.only(Publication::isEncoder);
  }

  NamedTensors decoder() {
    return weights.only(name -> !isEncoder(name));
  }

  private static boolean isEncoder(String name) {
    return name.equals("cls_token")
        || name.equals("pos_embed")
        || name.startsWith("patch_embed.")
        || name.startsWith("blocks.")
        || name.startsWith("norm.");
  }
}
