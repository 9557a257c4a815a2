package ai.lacuna.finetune;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.run.Progress;
import ai.lacuna.run.RunFile;
import ai.lacuna.weights.NamedTensors;
import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Judges the network after each epoch on images that are not trained on, keeps the best one in
 * {@link JudgedRun#FILE}, and says when none better has come for a while. The part of an epoch that
 * a limit of steps ends in is judged too, but kept only until the first whole epoch is there: a run
 * that goes on from it ends as one that was not stopped.
 */
final class Judge implements Progress {
  private static final String FILE = "best.json";
  private static final String LOSS = "loss";
  private static final Gson GSON = new Gson();

  private final Examination examination;
  private final Path run;
  private final int batches;
  private final Patience patience;
  private final Runnable stop;

  /**
   * Prepares the judge.
   *
   * @param run the run's directory
   * @param batches steps of an epoch
   * @param patience when the run ends for want of a better epoch
   * @param stop ends the run
   */
  Judge(Examination examination, Path run, int batches, Patience patience, Runnable stop) {
    this.examination = examination;
    this.run = run;
    this.batches = batches;
    this.patience = patience;
    this.stop = stop;
  }

  /**
   * The best epoch so far.
   *
   * @param epoch which, from 0
   * @param score greater for a better one
   * @param risen the epoch at which the score was last raised, not only the loss of it lowered
   * @param last the newest epoch that was judged
   * @param figures of the best epoch
   * @param part whether it is the part of an epoch, as none was whole yet
   */
  record Best(
      int epoch, double score, int risen, int last, Map<String, Double> figures, boolean part) {
    /** Files that people edit may lack the figures. */
    Best whole() {
      figures.values().forEach(Objects::requireNonNull);
      return this;
    }

    boolean isStale(Patience patience) {
      return patience.isOver(risen, last);
    }
  }

  /** What the run's directory says of earlier epochs. */
  static Optional<Best> best(Path run) throws IOException {
    Path file = run.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    return Optional.of(
        RunFile.object(
            file,
            "the best epoch",
            "remove it, and the next epoch is the best",
            json -> GSON.fromJson(json, Best.class).whole()));
  }

  /** Of equal scores, the smaller loss. */
  private static boolean isBetter(Examination.Verdict verdict, Best before) {
    double loss = verdict.figures().getOrDefault(LOSS, Double.MAX_VALUE);
    return verdict.score() > before.score()
        || (verdict.score() == before.score()
            && loss < before.figures().getOrDefault(LOSS, Double.MAX_VALUE));
  }

  @Override
  public Map<String, Double> inspect(Epoch epoch, Supplier<NamedTensors> weights)
      throws IOException {
    NamedTensors current = weights.get();
    Examination.Verdict verdict = examination.judge(current);
    boolean part = epoch.step() % batches != 0;
    Optional<Best> before = best(run).filter(known -> part || !known.part());
    if (part && before.isPresent() && !before.get().part()) {
      return verdict.figures();
    }
    int now = epoch.epoch();
    boolean rises = before.isEmpty() || verdict.score() > before.get().score();
    int risen = rises ? now : before.get().risen();
    Best best;
    if (before.isEmpty() || isBetter(verdict, before.get())) {
      examination.keep(run.resolve(JudgedRun.FILE), current);
      best = new Best(now, verdict.score(), risen, now, verdict.figures(), part);
    } else {
      Best old = before.get();
      best = new Best(old.epoch(), old.score(), risen, now, old.figures(), part);
    }
    FileReplacement.write(run.resolve(FILE), GSON.toJson(best));
    if (best.isStale(patience)) {
      stop.run();
    }
    return verdict.figures();
  }
}
