package ai.lacuna.finetune;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.JpegReading;
import ai.lacuna.data.Loader;
import ai.lacuna.data.Transform;
import ai.lacuna.graph.Program;
import ai.lacuna.run.TrainingTask;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Trainee;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.util.List;

/** Training of a pretrained encoder with a head by a plan, whatever the head predicts. */
public abstract class PlannedTask implements TrainingTask {
  /** A backward pass has two products for each of the forward pass. */
  private static final int BACKWARD = 2;

  private final Settings settings;
  private final NamedTensors encoder;
  private final ImageDataset data;
  private final Transform transform;
  private final Program program;
  private final LayerGroups groups;

  /**
   * How it is trained.
   *
   * @param vit the encoder
   * @param recipe plan, rates and optimizer
   * @param numerics precision and accumulation
   * @param seed of head and order
   * @param pretrained whether the run begins with the encoder's weights, or from scratch
   * @param averageDecay decay of the moving average of the weights; 0 for none
   * @param jpeg how JPEGs are decoded
   */
  public record Settings(
      VitConfig vit,
      FineTuneConfig.Recipe recipe,
      Numerics numerics,
      long seed,
      boolean pretrained,
      double averageDecay,
      JpegReading jpeg) {}

  /**
   * Prepares the task.
   *
   * @param settings how it is trained
   * @param encoder weights of the encoder
   * @param data images with what is to be predicted
   * @param transform what makes the network's input of them
   * @param program the network and its loss
   */
  protected PlannedTask(
      Settings settings,
      NamedTensors encoder,
      ImageDataset data,
      Transform transform,
      Program program) {
    this.settings = settings;
    this.encoder = encoder;
    this.data = data;
    this.transform = transform;
    this.program = program;
    this.groups = new LayerGroups(program, settings.vit().depth(), settings.recipe());
  }

  /** A head that has learned to tell one thing can't go on as one that tells another. */
  @Override
  public final List<String> insuperable(String there) {
    return differences(there).stream()
        .filter(line -> line.startsWith("head.") || line.startsWith("names"))
        .toList();
  }

  /** The images of an epoch, before they are shuffled; as many in each. */
  protected ImageDataset drawn(int epoch) {
    return data;
  }

  /**
   * Operations of an image in forward and backward pass; frozen layers cost no backward pass.
   *
   * @param epoch the epoch, whose phase says what is frozen
   * @param encoder operations of the encoder's forward pass
   * @param head operations of the forward pass of what follows it
   */
  protected final long trainingFlops(int epoch, long encoder, long head) {
    double share = settings.recipe().trainedShare(epoch, settings.vit().depth());
    return encoder + head + BACKWARD * (head + Math.round(encoder * share));
  }

  @Override
  public final String dataName() {
    return data.name();
  }

  @Override
  public final int images() {
    return data.size();
  }

  @Override
  public final int batchSize() {
    return settings.recipe().batchSize();
  }

  @Override
  public final int epochs() {
    return settings.recipe().plan().epochs();
  }

  @Override
  public final JpegReading jpeg() {
    return settings.jpeg();
  }

  @Override
  public final Numerics numerics() {
    return settings.numerics();
  }

  @Override
  public final NamedTensors initialWeights() {
    return StartingWeights.of(program, encoder, settings.pretrained(), settings.seed());
  }

  @Override
  public final Trainee open(NamedTensors weights, List<Device> devices) {
    Trainee trainee =
        new Trainee(
            program,
            weights,
            settings.recipe().adamW(),
            settings.numerics(),
            devices,
            groups.at(0));
    try {
      if (settings.averageDecay() > 0) {
        trainee.average(settings.averageDecay());
      }
      return trainee;
    } catch (RuntimeException e) {
      trainee.close();
      throw e;
    }
  }

  @Override
  public final Loader load(int epoch, int batch, int workers, double maxCorrupt) {
    return Loader.builder(drawn(epoch))
        .batchSize(batchSize())
        .seed(settings.seed())
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
  public final void prepare(Trainee trainee, int epoch) {
    trainee.train(groups.at(epoch));
  }

  @Override
  public final Rate rate(int epoch, int batch) {
    return settings.recipe().rate(epoch, batch, batches());
  }
}
