package ai.lacuna.finetune;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.files.NewFolder;
import ai.lacuna.foreign.ForeignNetwork;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Numerics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A foreign network with its head as what a fine-tuning run leaves: {@link FineTuned} loads it, and
 * it can be exported and judged. It can't be resumed, for nobody here knows its recipe: the one in
 * its {@code config.json} stands for none.
 */
public final class ForeignClassifier {
  private ForeignClassifier() {}

  /**
   * Writes the directory.
   *
   * @param folder a new or empty folder
   * @param network a network with a head
   * @param names of the head's outputs, in order
   * @throws IllegalArgumentException if it has no head, or another number of outputs
   * @throws IOException if the folder is not empty or can't be written
   */
  public static void write(Path folder, ForeignNetwork network, List<String> names)
      throws IOException {
    ForeignNetwork.Head head =
        network
            .head()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        network.file() + ": expected a network with a head, found none"));
    FineTuneConfig config =
        new FineTuneConfig(
            String.valueOf(network.file().getFileName()),
            network.encoder().sha256(),
            true,
            network.vit(),
            network.preprocessing(),
            head.config(),
            names,
            ValueScale.none(),
            new FineTuneConfig.Recipe(
                UnfreezePlan.all(1),
                RateRule.parse("decay:1"),
                RateSchedule.parse("cosine:0"),
                1,
                1e-3,
                AdamW.pretraining(),
                0),
            FineTuneAugmentation.none(),
            FineTuneConfig.Regularization.none(),
            0,
            Numerics.plain());
    NewFolder.write(
        folder,
        inside -> {
          FineTuned.write(inside.resolve(FineTuned.FILE), config, head.weights());
          FileReplacement.write(inside.resolve("config.json"), config.toJson());
        });
  }
}
