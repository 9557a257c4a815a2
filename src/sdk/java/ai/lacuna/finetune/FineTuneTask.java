package ai.lacuna.finetune;

import ai.lacuna.data.Batch;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.instruments.Flops;
import ai.lacuna.train.Part;
import ai.lacuna.vit.HeadConfig.Target;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Fine-tuning, as what a run trains. */
final class FineTuneTask extends PlannedTask {
  private final FineTuneConfig config;
  private final Targets targets;
  private final Optional<ClassCounts> counts;
  private final double[] classWeights;
  private final Map<Integer, Long> flops = new HashMap<>();

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
        config.program());
    this.config = config;
    this.targets = targets;
    this.counts =
        targets.target() == Target.CLASSES ? Optional.of(ClassCounts.of(data)) : Optional.empty();
    this.classWeights = classWeights();
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

  private long forwardFlops(int keep) {
    String function = config.network().lossName(keep, false);
    return Flops.ofImage(config.network().program(List.of(keep)).function(function));
  }

  @Override
  public Workload workload(int epoch) {
    int keep = config.keptPatches(epoch);
    int patches = config.vit().numPatches();
    long forward = flops.computeIfAbsent(keep, this::forwardFlops);
    long training = trainingFlops(epoch, forward, 0);
    return new Workload(forward, 0, training, patches, 1 - (double) keep / patches);
  }
}
