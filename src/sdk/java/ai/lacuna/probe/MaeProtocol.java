package ai.lacuna.probe;

import ai.lacuna.serving.Pooling;
import ai.lacuna.train.CosineSchedule;
import java.util.ArrayList;
import java.util.List;

/**
 * The linear probe of masked autoencoders (arXiv 2111.06377, appendix A.1): batch normalisation
 * without scale and shift (epsilon 1e-6), then a linear layer, trained by LARS with momentum 0.9
 * and no weight decay; the rate is base · batch / 256, with a linear warm-up and half a cosine.
 *
 * <p>Differences from the publication: the features are computed once, so images are not cropped at
 * random in each epoch (mirrored views can be added); the batch is at most the number of rows; and
 * of two feature choices, the class token of the last block and what the user asked for, the better
 * one on the images held out is taken.
 *
 * @param baseRates rates at a batch of 256; of several the best on the images held out is taken
 * @param epochs passes over the training images
 * @param warmupEpochs of them with a rising rate
 * @param batchSize images per step, at least 2, as one alone has no variance; the last, smaller
 *     batch of an epoch is left out
 */
public record MaeProtocol(List<Double> baseRates, int epochs, int warmupEpochs, int batchSize)
    implements Protocol {
  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if a value is out of range
   */
  public MaeProtocol {
    baseRates = List.copyOf(baseRates);
    LinearTraining.requireRates(baseRates);
    if (epochs < 1 || warmupEpochs < 0 || warmupEpochs >= epochs || batchSize < 2) {
      throw new IllegalArgumentException(
          "mae protocol: expected 0 <= warm-up < epochs and a batch of at least 2, found warm-up %s,"
                  .formatted(warmupEpochs)
              + " epochs %s, batch %s".formatted(epochs, batchSize));
    }
  }

  /**
   * Base rate 0.1, 90 epochs with 10 of warm-up, batch 16384.
   *
   * @return the protocol
   */
  public static MaeProtocol published() {
    return new MaeProtocol(List.of(0.1), 90, 10, 16384);
  }

  @Override
  public String label() {
    return "mae";
  }

  @Override
  public ProtocolResult run(ProbeTask task) {
    List<FeatureChoice> choices = new ArrayList<>(List.of(task.last(Pooling.CLS)));
    if (!choices.contains(task.choice())) {
      choices.add(task.choice());
    }
    CosineSchedule schedule = new CosineSchedule(1, 0, warmupEpochs, epochs);
    LinearTraining training =
        new LinearTraining(LinearTrainer.Kind.NORMALIZED_LARS, schedule, batchSize);
    return training.run(this, task, choices, baseRates);
  }
}
