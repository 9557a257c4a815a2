package ai.lacuna.finetune;

import ai.djl.Device;
import ai.lacuna.data.Batch;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.JpegReading;
import ai.lacuna.data.Loader;
import ai.lacuna.data.Transform;
import ai.lacuna.graph.Program;
import ai.lacuna.instruments.Flops;
import ai.lacuna.run.TrainingTask;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Part;
import ai.lacuna.train.Trainee;
import ai.lacuna.vit.HeadConfig.Target;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Fine-tuning, as what a run trains. */
final class FineTuneTask implements TrainingTask {
  /** A backward pass has two products for each of the forward pass. */
  private static final int BACKWARD = 2;

  private final FineTuneConfig config;
  private final NamedTensors encoder;
  private final ImageDataset data;
  private final Targets targets;
  private final Transform transform;
  private final Optional<ClassCounts> counts;
  private final double[] classWeights;
  private final Program program;
  private final LayerGroups groups;
  private final long forwardFlops;

  /**
   * Prepares the task.
   *
   * @param encoder weights of the encoder
   */
  FineTuneTask(FineTuneConfig config, NamedTensors encoder, ImageDataset data, Targets targets)
      throws IOException {
    this.config = config;
    this.encoder = encoder;
    this.data = data;
    this.targets = targets;
    this.transform = config.augmentation().transform(config.preprocessing(), data.size());
    this.counts =
        targets.target() == Target.CLASSES ? Optional.of(ClassCounts.of(data)) : Optional.empty();
    this.classWeights = classWeights();
    this.program = config.network().program();
    this.groups = new LayerGroups(program, config.vit().depth(), config.recipe());
    this.forwardFlops = Flops.ofImage(config.network().forward());
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
  public String dataName() {
    return data.name();
  }

  @Override
  public int images() {
    return data.size();
  }

  @Override
  public int batchSize() {
    return config.recipe().batchSize();
  }

  @Override
  public int epochs() {
    return config.epochs();
  }

  @Override
  public JpegReading jpeg() {
    return config.augmentation().jpeg();
  }

  @Override
  public Numerics numerics() {
    return config.numerics();
  }

  @Override
  public NamedTensors initialWeights() {
    return StartingWeights.of(program, encoder, config.pretrained(), config.seed());
  }

  @Override
  public Trainee open(NamedTensors weights, List<Device> devices) {
    Trainee trainee =
        new Trainee(program, weights, config.recipe().adamW(), config.numerics(), devices);
    trainee.train(groups.at(0));
    if (config.regularization().averageDecay() > 0) {
      trainee.average(config.regularization().averageDecay());
    }
    return trainee;
  }

  @Override
  public Loader load(int epoch, int batch, int workers, double maxCorrupt) {
    ImageDataset images =
        config.regularization().balance() == FineTuneConfig.ClassBalance.SAMPLING
            ? counts.orElseThrow().balanced(config.seed(), epoch)
            : data;
    return Loader.builder(images)
        .batchSize(config.recipe().batchSize())
        .seed(config.seed())
        .epoch(epoch)
        .startBatch(batch)
        .shuffle(true)
        .dropLast(true)
        .transform(transform)
        .workers(workers)
        .maxCorrupt(maxCorrupt)
        .build();
  }

  @Override
  public void prepare(Trainee trainee, int epoch) {
    trainee.train(groups.at(epoch));
  }

  @Override
  public List<Part> parts(int epoch, Batch batch, int count) {
    return new BatchInputs(config, targets, classWeights, epoch, batch).parts(count);
  }

  @Override
  public Rate rate(int epoch, int batch) {
    return config.recipe().rate(epoch, batch, batches());
  }

  /** Frozen layers cost no backward pass. */
  @Override
  public Workload workload(int epoch) {
    double trained = config.recipe().trainedShare(epoch, config.vit().depth());
    long training = forwardFlops + Math.round(BACKWARD * forwardFlops * trained);
    return new Workload(forwardFlops, 0, training, config.vit().numPatches(), 0);
  }
}
