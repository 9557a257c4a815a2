package ai.lacuna.finetune;

import ai.lacuna.data.Batch;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.instruments.Flops;
import ai.lacuna.train.Part;
import ai.lacuna.vit.HeadConfig.Target;
import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Fine-tuning, as what a run trains. */
final class FineTuneTask extends PlannedTask {
  private final FineTuneConfig config;
  private final Targets targets;
  private final Optional<ClassCounts> counts;
  private final double[] classWeights;
  private final long forwardFlops;

  /**
   * Prepares the task.
   *
   * @param encoder weights of the encoder
   */
  FineTuneTask(FineTuneConfig config, NamedTensors encoder, ImageDataset data, Targets targets)
      throws IOException {
    super(
        settings(config),
        encoder,
        data,
        config.augmentation().transform(config.preprocessing(), data.size()),
        config.network().program());
    this.config = config;
    this.targets = targets;
    this.counts =
        targets.target() == Target.CLASSES ? Optional.of(ClassCounts.of(data)) : Optional.empty();
    this.classWeights = classWeights();
    this.forwardFlops = Flops.ofImage(config.network().program().function(ImageClassifier.LOSS));
  }

  private static Settings settings(FineTuneConfig config) {
    return new Settings(
        config.vit(),
        config.recipe(),
        config.numerics(),
        config.seed(),
        config.pretrained(),
        config.regularization().averageDecay(),
        config.augmentation().jpeg());
  }

  private double[] classWeights() {
    if (config.regularization().balance() != FineTuneConfig.ClassBalance.WEIGHTS) {
      return new double[0];
    }
    double[] weights = new double[config.head().outputs()];
    for (int label = 0; label < weights.length; label++) {
      weights[label] = counts.orElseThrow().weight(label);
    }
    return weights;
  }

  FineTuneConfig configuration() {
    return config;
  }

  @Override
  public String config() {
    return config.toJson();
  }

  @Override
  public List<String> differences(String there) {
    return FineTuneConfig.FORMAT.differences(FineTuneConfig.fromJson(there), config);
  }

  @Override
  protected ImageDataset drawn(int epoch) {
    return config.regularization().balance() == FineTuneConfig.ClassBalance.SAMPLING
        ? counts.orElseThrow().balanced(config.seed(), epoch)
        : super.drawn(epoch);
  }

  @Override
  public List<Part> parts(int epoch, Batch batch, int count) {
    return new BatchInputs(config, targets, classWeights, epoch, batch).parts(count);
  }

  @Override
  public Workload workload(int epoch) {
    long training = trainingFlops(epoch, forwardFlops, 0);
    int patches = config.vit().numPatches();
    double removed = 1 - (double) config.keptPatches() / patches;
    return new Workload(forwardFlops, 0, training, patches, removed);
  }
}
