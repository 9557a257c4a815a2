package ai.lacuna.pretrain;

import ai.djl.Device;
import ai.lacuna.data.Batch;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.JpegReading;
import ai.lacuna.data.Loader;
import ai.lacuna.instruments.Flops;
import ai.lacuna.masking.MaskSamplers;
import ai.lacuna.run.TrainingTask;
import ai.lacuna.train.CosineSchedule;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Part;
import ai.lacuna.train.Trainee;
import ai.lacuna.train.Weights;
import ai.lacuna.weights.NamedTensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Pretraining of a masked autoencoder, as what a run trains. */
final class PretrainTask implements TrainingTask {
  private final PretrainConfig config;
  private final ImageDataset data;
  private final LossEnd end;
  private final TrainingBatches batches;
  private final BatchMasks masks;
  private final CosineSchedule schedule;
  private final Map<Integer, Flops> flops = new HashMap<>();
  private MasksAhead ahead;

  /**
   * Prepares the task.
   *
   * @param masks the configuration's, or the caller's
   * @param end completes the graph's loss
   */
  PretrainTask(PretrainConfig config, ImageDataset data, MaskSamplers masks, LossEnd end) {
    this.config = config;
    this.data = data;
    this.end = end;
    this.batches = new TrainingBatches(config, data);
    this.masks = new BatchMasks(config, masks);
    this.ahead = new MasksAhead(this.masks, 0);
    this.schedule = config.recipe().schedule();
  }

  @Override
  public String config() {
    return ConfigJson.withNetwork(config, end.sha256().get());
  }

  @Override
  public List<String> differences(String there) {
    List<String> differences =
        new ArrayList<>(ConfigJson.differences(PretrainConfig.fromJson(there), config));
    String known = ConfigJson.network(there);
    String here = end.sha256().get();
    // Runs of the first version did not remember it; another loss is a difference already.
    if (!known.isEmpty() && !here.isEmpty() && !known.equals(here)) {
      differences.add("perceptual network, sha256: there " + known + ", here " + here);
    }
    return List.copyOf(differences);
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
    return config.recipe().epochs();
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
    return Weights.initial(config.program(), config.seed());
  }

  @Override
  public void check(Device device) {
    end.tail().open(device).close();
  }

  @Override
  public Trainee open(NamedTensors weights, List<Device> devices) {
    return new Trainee(
        config.program(), weights, config.recipe().adamW(), config.numerics(), devices, end.tail());
  }

  @Override
  public Loader load(int epoch, int batch, int workers, double maxCorrupt) {
    ahead = new MasksAhead(masks, epoch);
    return batches.open(epoch, batch, workers, maxCorrupt, ahead::draw);
  }

  @Override
  public List<Part> parts(int epoch, Batch batch, int count) {
    return BatchParts.of(config, masks.function(epoch), batch, ahead.take(epoch, batch), count);
  }

  @Override
  public Rate rate(int epoch, int batch) {
    return Rate.of(schedule.at(epoch + (double) batch / batches()));
  }

  @Override
  public Workload workload(int epoch) {
    int keep = config.keep(epoch);
    Flops counted = flops.computeIfAbsent(keep, k -> Flops.of(config.network(k)));
    int patches = config.vit().numPatches();
    return new Workload(
        counted.encoder(),
        counted.decoder(),
        counted.training(),
        patches,
        1 - (double) keep / patches);
  }
}
