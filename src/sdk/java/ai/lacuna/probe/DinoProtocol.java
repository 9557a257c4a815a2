package ai.lacuna.probe;

import ai.lacuna.serving.Pooling;
import ai.lacuna.train.CosineSchedule;
import java.util.ArrayList;
import java.util.List;

/**
 * The linear probe of DINOv2 (arXiv 2304.07193, appendix B.3): many linear classifiers at once, one
 * for each of 13 rates × {the last block, all chosen blocks} × poolings, trained by SGD with
 * momentum 0.9, no weight decay, and half a cosine; the rate is base · batch / 256.
 *
 * <p>Differences from the publication: the features are computed once, so images are not cropped at
 * random in each epoch (mirrored views can be added); the best classifier is chosen on training
 * images that are held out, and trained again on all of them; and with several blocks a pooling is
 * that of each block, where the publication takes the mean of patch tokens from the last alone.
 *
 * @param baseRates rates at a batch of 256
 * @param epochs passes over the training images
 * @param batchSize images per step; the last, smaller batch of an epoch is left out
 */
public record DinoProtocol(List<Double> baseRates, int epochs, int batchSize) implements Protocol {
  private static final List<Double> PUBLISHED =
      List.of(1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1);

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if a value is out of range
   */
  public DinoProtocol {
    baseRates = List.copyOf(baseRates);
    LinearTraining.requireRates(baseRates);
    if (epochs < 1 || batchSize < 1) {
      throw new IllegalArgumentException(
          "dino protocol: expected at least 1 epoch and a batch of at least 1, found %s and %s"
              .formatted(epochs, batchSize));
    }
  }

  /**
   * The 13 published rates, 10 epochs, batch 1024.
   *
   * @return the protocol
   */
  public static DinoProtocol published() {
    return new DinoProtocol(PUBLISHED, 10, 1024);
  }

  @Override
  public String label() {
    return "dino";
  }

  @Override
  public ProtocolResult run(ProbeTask task) {
    List<FeatureChoice> choices = new ArrayList<>();
    for (Pooling pooling : task.poolings()) {
      choices.add(task.last(pooling));
      if (task.choice().blocks().size() > 1) {
        choices.add(new FeatureChoice(task.choice().blocks(), pooling));
      }
    }
    CosineSchedule schedule = new CosineSchedule(1, 0, 0, epochs);
    return new LinearTraining(LinearTrainer.Kind.SGD, schedule, batchSize)
        .run(this, task, choices, baseRates);
  }
}
