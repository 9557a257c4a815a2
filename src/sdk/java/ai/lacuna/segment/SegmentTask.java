package ai.lacuna.segment;

import ai.djl.Device;
import ai.lacuna.data.Batch;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.JpegReading;
import ai.lacuna.data.Loader;
import ai.lacuna.data.Transform;
import ai.lacuna.finetune.LayerGroups;
import ai.lacuna.finetune.StartingWeights;
import ai.lacuna.graph.Program;
import ai.lacuna.instruments.Flops;
import ai.lacuna.run.TrainingTask;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Part;
import ai.lacuna.train.Trainee;
import ai.lacuna.weights.NamedTensors;
import java.util.List;

/** Training of a segmenter, as what a run trains. */
final class SegmentTask implements TrainingTask {
  /** A backward pass has two products for each of the forward pass. */
  private static final int BACKWARD = 2;

  private final SegmenterConfig config;
  private final NamedTensors encoder;
  private final ImageDataset pairs;
  private final Transform transform;
  private final Program program;
  private final LayerGroups groups;
  private final long encoderFlops;
  private final long headFlops;

  /**
   * Prepares the task.
   *
   * @param encoder weights of the encoder
   * @param pairs images with their masks behind
   * @throws ai.lacuna.data.DataException if JPEGs are to be reduced, and nothing here does it
   */
  SegmentTask(SegmenterConfig config, NamedTensors encoder, ImageDataset pairs) {
    this.config = config;
    this.encoder = encoder;
    this.pairs = pairs;
    this.transform = config.augmentation().transform(config.preprocessing(), pairs.size());
    this.program = config.network().program();
    this.groups = new LayerGroups(program, config.vit().depth(), config.recipe());
    this.encoderFlops = Flops.ofImage(config.network().encoder().forward());
    this.headFlops = Flops.ofImage(config.network().forward()) - encoderFlops;
  }

  SegmenterConfig configuration() {
    return config;
  }

  @Override
  public String config() {
    return config.toJson();
  }

  @Override
  public List<String> differences(String there) {
    return SegmenterConfig.FORMAT.differences(SegmenterConfig.fromJson(there), config);
  }

  @Override
  public String dataName() {
    return pairs.name();
  }

  @Override
  public int images() {
    return pairs.size();
  }

  @Override
  public int batchSize() {
    return config.recipe().batchSize();
  }

  @Override
  public int epochs() {
    return config.recipe().plan().epochs();
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
    if (config.averageDecay() > 0) {
      trainee.average(config.averageDecay());
    }
    return trainee;
  }

  @Override
  public Loader load(int epoch, int batch, int workers, double maxCorrupt) {
    return Loader.builder(pairs)
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
    return new SegmentInputs(config, epoch, batch).parts(count);
  }

  @Override
  public Rate rate(int epoch, int batch) {
    return config.recipe().rate(epoch, batch, batches());
  }

  /** Frozen layers cost no backward pass. */
  @Override
  public Workload workload(int epoch) {
    double trained = config.recipe().trainedShare(epoch, config.vit().depth());
    long backward = BACKWARD * (headFlops + Math.round(encoderFlops * trained));
    long training = encoderFlops + headFlops + backward;
    return new Workload(encoderFlops, headFlops, training, config.vit().numPatches(), 0);
  }
}
