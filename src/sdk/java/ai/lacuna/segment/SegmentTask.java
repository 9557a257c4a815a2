package ai.lacuna.segment;

import ai.lacuna.data.Batch;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.finetune.PlannedTask;
import ai.lacuna.instruments.Flops;
import ai.lacuna.train.Part;
import ai.lacuna.weights.NamedTensors;
import java.util.List;

/** Training of a segmenter, as what a run trains. */
final class SegmentTask extends PlannedTask {
  private final SegmenterConfig config;
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
    super(
        new Settings(
            config.vit(),
            config.recipe(),
            config.numerics(),
            config.seed(),
            config.pretrained(),
            config.averageDecay(),
            config.augmentation().jpeg()),
        encoder,
        pairs,
        config.augmentation().transform(config.preprocessing(), pairs.size()),
        config.network().program());
    this.config = config;
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
  public List<Part> parts(int epoch, Batch batch, int count) {
    return new SegmentInputs(config, epoch, batch).parts(count);
  }

  @Override
  public Workload workload(int epoch) {
    long training = trainingFlops(epoch, encoderFlops, headFlops);
    return new Workload(encoderFlops, headFlops, training, config.vit().numPatches(), 0);
  }
}
