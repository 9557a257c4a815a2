package ai.lacuna.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.data.Batch;
import ai.lacuna.data.Loader;
import ai.lacuna.masking.Mask;
import ai.lacuna.masking.MaskSampler;
import ai.lacuna.train.CosineSchedule;
import ai.lacuna.train.Trainee;
import ai.lacuna.vit.VitConfig;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;

/** The epochs and steps of one call of {@link Pretrainer#run}. */
final class PretrainLoop {
  private static final double NANOS = 1e9;

  private final RunSettings settings;
  private final PretrainConfig config;
  private final Trainee trainee;
  private final RunRecord record;
  private final LongPredicate isOver;
  private final int batches;
  private final CosineSchedule schedule;
  private final MaskSampler masks;
  private double lastEpochLoss = Double.NaN;

  /**
   * Prepares the loop.
   *
   * @param isOver whether the run ends at that count of steps
   */
  PretrainLoop(RunSettings settings, Trainee trainee, RunRecord record, LongPredicate isOver) {
    this.settings = settings;
    this.config = settings.config();
    this.trainee = trainee;
    this.record = record;
    this.isOver = isOver;
    this.batches = settings.batches();
    this.schedule = config.recipe().schedule();
    VitConfig vit = config.vit();
    this.masks = config.masking().sampler(vit.gridHeight(), vit.gridWidth());
  }

  Pretrainer.Result train(Checkpoint.State start) throws IOException {
    Checkpoint.State state = start;
    while (state.epoch() < config.recipe().epochs() && !isOver.test(state.step())) {
      state = epoch(state);
    }
    return new Pretrainer.Result(trainee.weights(), state.step(), lastEpochLoss);
  }

  private Checkpoint.State epoch(Checkpoint.State start) throws IOException {
    Checkpoint.State state = start;
    Meter meter = new Meter();
    double rate = 0;
    TrainingBatches data = new TrainingBatches(config, settings.data());
    try (Loader loader = data.open(start.epoch(), start.batch(), settings.workers())) {
      for (Batch batch : loader) {
        if (isOver.test(state.step())) {
          break;
        }
        rate = schedule.at(start.epoch() + (double) batch.index() / batches);
        double loss = step(start.epoch(), batch, rate);
        meter.add(loss);
        state = after(start.epoch(), batch.index(), state.step() + 1);
        if (state.step() % settings.logEvery() == 0) {
          report(start.epoch(), state.step(), loss, rate, meter);
        }
        if (settings.checkpointEvery() > 0 && state.step() % settings.checkpointEvery() == 0) {
          save(state);
        }
      }
    }
    if (meter.steps > 0) {
      double seconds = (System.nanoTime() - meter.began) / NANOS;
      lastEpochLoss = meter.sum / meter.steps;
      double imagesPerSecond = meter.steps * config.recipe().batchSize() / seconds;
      Progress.Epoch measured =
          new Progress.Epoch(
              start.epoch(), state.step(), lastEpochLoss, rate, imagesPerSecond, seconds);
      record.write("epoch", measured);
      settings.progress().onEpoch(measured);
    }
    save(state);
    return state;
  }

  /** Sums of an epoch, and a mark since the last report. */
  private static final class Meter {
    private final long began = System.nanoTime();
    private long marked = began;
    private int sinceMark;
    private int steps;
    private double sum;

    void add(double loss) {
      sum += loss;
      steps++;
      sinceMark++;
    }

    /** Steps per second since the last call. */
    double stepsPerSecond() {
      long now = System.nanoTime();
      double rate = sinceMark * NANOS / (now - marked);
      marked = now;
      sinceMark = 0;
      return rate;
    }
  }

  private void report(int epoch, long step, double loss, double rate, Meter meter) {
    long total = (long) batches * config.recipe().epochs();
    double imagesPerSecond = meter.stepsPerSecond() * config.recipe().batchSize();
    Progress.Step measured = new Progress.Step(epoch, step, total, loss, rate, imagesPerSecond);
    record.write("step", measured);
    settings.progress().onStep(measured);
  }

  private Checkpoint.State after(int epoch, int batch, long step) {
    return batch + 1 == batches
        ? new Checkpoint.State(epoch + 1, 0, step)
        : new Checkpoint.State(epoch, batch + 1, step);
  }

  private double step(int epoch, Batch batch, double rate) {
    VitConfig vit = config.vit();
    Shape shape = new Shape(batch.size(), vit.imageHeight(), vit.imageWidth(), vit.channels());
    List<Mask> drawn =
        Arrays.stream(batch.ids()).mapToObj(id -> masks.sample(config.seed(), epoch, id)).toList();
    try (NDManager manager = trainee.newManager()) {
      NDArray images = manager.create(batch.images(), shape, DataType.UINT8);
      MaskArrays arrays = MaskArrays.of(manager, drawn);
      double loss = trainee.accumulate("loss", arrays.arguments(images, config.decoder()));
      if (!Double.isFinite(loss)) {
        throw new IllegalStateException(
            "step "
                + (trainee.steps() + 1)
                + ": the loss is "
                + loss
                + "; the last checkpoint in "
                + settings.run()
                + " is good; lower the learning rate and resume from it");
      }
      trainee.step(rate);
      return loss;
    }
  }

  private void save(Checkpoint.State state) throws IOException {
    Checkpoint.write(settings.run(), state, trainee.weights(), trainee.optimizerState());
  }
}
