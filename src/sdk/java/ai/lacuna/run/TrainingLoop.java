package ai.lacuna.run;

import ai.lacuna.data.Batch;
import ai.lacuna.data.Loader;
import ai.lacuna.train.StepClock;
import ai.lacuna.train.Trainee;
import ai.lacuna.train.Update;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongPredicate;

/** The epochs and steps of one call of {@link TrainingRun#run}. */
final class TrainingLoop {
  private final TrainingTask task;
  private final RunSettings settings;
  private final Trainee trainee;
  private final Reporter reporter;
  private final DamagedImages damaged;
  private final LongPredicate isOver;
  private final int batches;
  private final Rollbacks rollbacks;

  /**
   * Prepares the loop.
   *
   * @param isOver whether the run ends at that count of steps
   */
  TrainingLoop(
      TrainingTask task,
      RunSettings settings,
      Trainee trainee,
      RunRecord record,
      LongPredicate isOver)
      throws IOException {
    this.task = task;
    this.settings = settings;
    this.trainee = trainee;
    this.reporter = new Reporter(task, settings, record, trainee.clock());
    this.damaged = new DamagedImages(record);
    this.isOver = isOver;
    this.batches = task.batches();
    this.rollbacks = Rollbacks.of(settings.run());
  }

  /**
   * Trains.
   *
   * @param before what the epoch of the start added up to
   */
  TrainingRun.Result train(Checkpoint.State start, EpochTally before) throws IOException {
    Checkpoint.State state = start;
    EpochTally begun = before;
    reporter.runBegins(start.step());
    if (!isOver.test(start.step()) || settings.isLast(start.step())) {
      Optional<MissedInspection> missed =
          MissedInspection.at(settings.run(), start, settings.isLast(start.step()));
      if (missed.isPresent()) {
        inspect(missed.get());
      }
    }
    while (state.epoch() < task.epochs() && !isOver.test(state.step())) {
      state = epoch(state, begun);
      begun = EpochTally.NONE;
    }
    return new TrainingRun.Result(
        trainee.averagedWeights(), state.step(), reporter.lastEpochLoss());
  }

  private Checkpoint.State epoch(Checkpoint.State start, EpochTally begun) throws IOException {
    Checkpoint.State state = start;
    double rate = 0;
    task.prepare(trainee, start.epoch());
    reporter.epochBegins(start.epoch(), begun);
    int skipped = 0;
    try (Loader loader =
        task.load(start.epoch(), start.batch(), settings.workers(), settings.maxCorrupt())) {
      for (Batch batch : loader) {
        if (isOver.test(state.step())) {
          break; // Without what the loader says of this batch, which was not trained on.
        }
        skipped = loader.skipped();
        trainee.clock().lap(StepClock.Phase.LOAD);
        TrainingTask.Rate planned = task.rate(start.epoch(), batch.index());
        rate = planned.learningRate() * rollbacks.rateFactor(state.step());
        long done = state.step() + 1;
        if (!rollbacks.leavesOut(start.epoch(), batch.index())) {
          double loss = step(start.epoch(), batch, rate, planned.beta1(), done);
          reporter.stepped(start.epoch(), done, loss, rate);
        }
        state = after(start.epoch(), batch.index(), done);
        boolean due =
            settings.checkpointEvery() > 0 && state.step() % settings.checkpointEvery() == 0;
        // Where the epoch or the run ends, its last checkpoint follows below.
        if (due && state.batch() != 0 && !isOver.test(state.step())) {
          damaged.write(start.epoch(), state.step(), loader);
          save(state, reporter.tally(skipped));
        }
        trainee.clock().skip();
      }
      damaged.write(start.epoch(), state.step(), loader);
    }
    if (state.step() == start.step() && start.step() > 0) {
      return state; // Stopped before a step; the checkpoint that it began at has perhaps a score.
    }
    Optional<Progress.Epoch> measured =
        state.step() == start.step()
            ? Optional.empty()
            : Optional.of(reporter.epochEnds(start.epoch(), state.step(), rate, skipped));
    save(state, state.batch() == 0 ? EpochTally.NONE : reporter.tally(skipped));
    boolean last = settings.isLast(state.step());
    boolean complete = last || (state.batch() == 0 && !isOver.test(state.step()));
    if (measured.isPresent() && complete) {
      inspect(measured.get());
    }
    return state;
  }

  /** What an earlier process left undone; the score is the last that an inspection writes. */
  private void inspect(MissedInspection missed) throws IOException {
    if (missed.figures().isEmpty()) {
      inspect(missed.epoch());
      return;
    }
    Optional<Checkpoint> newest = Checkpoint.newest(settings.run());
    if (newest.isPresent() && Double.isNaN(newest.get().score())) {
      Map<String, Double> figures = missed.figures().get();
      settings.progress().onInspected(missed.epoch(), figures);
      score(missed.epoch(), figures);
    }
  }

  /** After the checkpoint of an epoch. */
  private void inspect(Progress.Epoch epoch) throws IOException {
    score(epoch, reporter.inspect(epoch, trainee::averagedWeights));
  }

  /** The loss of validation, else of training. */
  private void score(Progress.Epoch epoch, Map<String, Double> figures) throws IOException {
    double score = figures.getOrDefault(Progress.LOSS, epoch.loss());
    Optional<Checkpoint> newest = Checkpoint.newest(settings.run());
    if (newest.isPresent() && Double.isFinite(score)) {
      newest.get().score(settings.run(), score, settings.retention());
    }
  }

  private Checkpoint.State after(int epoch, int batch, long step) {
    return batch + 1 == batches
        ? new Checkpoint.State(epoch + 1, 0, step)
        : new Checkpoint.State(epoch, batch + 1, step);
  }

  private double step(int epoch, Batch batch, double rate, double beta1, long step)
      throws IOException {
    int count = task.numerics().accumulation() * trainee.replicas();
    double loss = trainee.accumulate(task.parts(epoch, batch, count));
    if (!Double.isFinite(loss)) {
      throw new NonFiniteException(settings.run(), step, epoch, batch.index(), "loss", loss);
    }
    Update update = trainee.step(rate, beta1);
    if (!update.applied() && !update.retryable()) {
      double norm = update.gradientNorm();
      throw new NonFiniteException(
          settings.run(), step, epoch, batch.index(), "norm of the gradient", norm);
    }
    reporter.updated(update, trainee.lossScale());
    return loss;
  }

  /** Weights that are not finite are no checkpoint: the last one stays. */
  private void save(Checkpoint.State state, EpochTally tally) throws IOException {
    if (!trainee.hasFiniteWeights()) {
      // The step that was just done, which may have ended an epoch.
      int epoch = state.batch() == 0 ? state.epoch() - 1 : state.epoch();
      int batch = Math.floorMod(state.batch() - 1, batches);
      throw new NonFiniteException(
          settings.run(), state.step(), epoch, batch, "largest weight", Double.NaN);
    }
    Checkpoint.write(
        settings.run(),
        state,
        Double.NaN,
        tally,
        trainee.weights(),
        trainee.optimizerState(),
        settings.retention());
  }
}
