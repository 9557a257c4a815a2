package ai.lacuna.run;

import ai.djl.Device;
import ai.lacuna.engine.Devices;
import ai.lacuna.instruments.MachinePeak;
import ai.lacuna.instruments.MemoryUse;
import ai.lacuna.train.StepClock;
import ai.lacuna.train.Update;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** Measures the steps and epochs of a run, and tells its record and whoever watches. */
final class Reporter {
  private static final double NANOS = 1e9;
  private static final double MIB = 1 << 20;

  private final TrainingTask task;
  private final RunSettings settings;
  private final RunRecord record;
  private final StepClock clock;
  private final long steps;
  private final double peak;

  /** Of the epoch: a schedule of the mask ratio changes it, and so does unfreezing. */
  private TrainingTask.Workload workload;

  private Span sinceRecord = new Span();
  private Span epochSpan = new Span();

  /** Of the epoch's steps in earlier processes; its sums are those that the span began with. */
  private EpochTally before = EpochTally.NONE;

  private double gradientNorm = Double.NaN;
  private double lossScale = Double.NaN;
  private double lastEpochLoss = Double.NaN;

  /** Steps and seconds since some moment. */
  private static final class Span {
    private final long began = System.nanoTime();
    private StepClock.HandOffs seconds = new StepClock.HandOffs(0, 0, 0, 0, 0);
    private double losses;
    private double norms;
    private int normed;
    private int overflowed;
    private int steps;

    private double elapsed;

    /** Takes the time once, so that all figures of a record agree. */
    void end(StepClock.HandOffs spent) {
      elapsed = (System.nanoTime() - began) / NANOS;
      seconds = seconds.plus(spent);
    }

    double stepsPerSecond() {
      return steps / elapsed;
    }
  }

  Reporter(TrainingTask task, RunSettings settings, RunRecord record, StepClock clock) {
    this.task = task;
    this.settings = settings;
    this.record = record;
    this.clock = clock;
    this.steps = (long) task.batches() * task.epochs();
    this.workload = task.workload(task.epochs() - 1);
    this.peak = MachinePeak.flopsPerSecond(settings.devices(), task.numerics().precision());
  }

  void runBegins(long step) {
    Progress.Start start =
        new Progress.Start(step, steps, workload.encoderFlops(), workload.headFlops(), peak);
    record.write("start", start);
    settings.progress().onStart(start);
  }

  /**
   * An epoch begins or goes on.
   *
   * @param begun what its steps added up to before
   */
  void epochBegins(int epoch, EpochTally begun) {
    workload = task.workload(epoch);
    before = begun;
    epochSpan = new Span();
    epochSpan.losses = begun.losses();
    epochSpan.norms = begun.norms();
    epochSpan.normed = begun.normed();
    epochSpan.overflowed = begun.overflowed();
    sinceRecord = new Span();
    clock.take();
    clock.skip();
  }

  /** Whether a step will be recorded, so that its gradient's norm is wanted. */
  boolean isDue(long step) {
    return step % settings.logEvery() == 0;
  }

  /**
   * What the optimizer did.
   *
   * @param scale the loss scale after it
   */
  void updated(Update update, double scale) {
    gradientNorm = update.gradientNorm();
    lossScale = scale;
    if (!update.applied()) {
      sinceRecord.overflowed++;
      epochSpan.overflowed++;
    }
  }

  void stepped(int epoch, long step, double loss, double rate) {
    sinceRecord.steps++;
    epochSpan.steps++;
    epochSpan.losses += loss;
    if (isDue(step)) {
      if (Double.isFinite(gradientNorm)) {
        epochSpan.norms += gradientNorm;
        epochSpan.normed++;
      }
      sinceRecord.end(clock.take());
      epochSpan.seconds = epochSpan.seconds.plus(sinceRecord.seconds);
      Gauges gauges = gauges(sinceRecord, gradientNorm);
      Progress.Step measured =
          new Progress.Step(
              epoch,
              step,
              steps,
              loss,
              rate,
              imagesPerSecond(sinceRecord),
              (steps - step) / sinceRecord.stepsPerSecond(),
              gauges);
      record.write("step", measured);
      settings.progress().onStep(measured);
      sinceRecord = new Span();
    }
  }

  /**
   * What the epoch's steps add up to, with those of earlier processes.
   *
   * @param skipped damaged images in this process
   */
  EpochTally tally(int skipped) {
    return new EpochTally(
        before.steps() + epochSpan.steps,
        epochSpan.losses,
        epochSpan.norms,
        epochSpan.normed,
        epochSpan.overflowed,
        before.damaged() + skipped);
  }

  /**
   * Returns the figures of the epoch so far, of which there is at least one step in this process.
   *
   * @param skipped damaged images in this process
   */
  Progress.Epoch epochEnds(int epoch, long step, double rate, int skipped) {
    epochSpan.end(clock.take());
    EpochTally tally = tally(skipped);
    lastEpochLoss = tally.losses() / tally.steps();
    Progress.Epoch measured =
        new Progress.Epoch(
            epoch,
            step,
            lastEpochLoss,
            rate,
            imagesPerSecond(epochSpan),
            epochSpan.elapsed,
            (steps - step) / epochSpan.stepsPerSecond(),
            tally.damaged(),
            gauges(epochSpan, tally.norms() / tally.normed()));
    record.write("epoch", measured);
    settings.progress().onEpoch(measured);
    return measured;
  }

  Map<String, Double> inspect(Progress.Epoch epoch, Supplier<NamedTensors> weights)
      throws IOException {
    Map<String, Double> figures = settings.progress().inspect(epoch, weights);
    String kind = figures.isEmpty() ? MissedInspection.WITHOUT_FIGURES : MissedInspection.FIGURES;
    record.write(kind, epoch.epoch(), epoch.step(), figures);
    settings.progress().onInspected(epoch, figures);
    return figures;
  }

  /** Mean loss of the last epoch's steps so far; NaN if this process did none. */
  double lastEpochLoss() {
    return lastEpochLoss;
  }

  private double imagesPerSecond(Span span) {
    return span.stepsPerSecond() * task.batchSize();
  }

  private Gauges gauges(Span span, double norm) {
    Device device = settings.device();
    double images = imagesPerSecond(span);
    double done = images * workload.trainingFlops();
    boolean scaled = task.numerics().scalesLoss();
    return new Gauges(
        norm,
        scaled ? lossScale : Double.NaN,
        scaled ? span.overflowed : Double.NaN,
        workload.maskRatio(),
        images * workload.patches(),
        done,
        done / peak,
        span.seconds.over(Math.max(1, span.steps)),
        mib(MemoryUse.peakResident()),
        mib(Devices.memoryUsed(device)));
  }

  private static double mib(OptionalLong bytes) {
    return bytes.isPresent() ? bytes.getAsLong() / MIB : Double.NaN;
  }
}
