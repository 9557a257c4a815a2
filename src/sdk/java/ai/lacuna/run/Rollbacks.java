package ai.lacuna.run;

import ai.lacuna.files.FileReplacement;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code rollbacks.json} of a run. What they change is a function of the file: after n of them a
 * step's learning rate is multiplied by ½ⁿ, and the batches that were not finite are left out. So a
 * run that is stopped and resumed goes on as if it had not been.
 */
public final class Rollbacks {
  /** A run that is not finite so often has something else wrong. */
  static final int MOST = 3;

  private static final String FILE = "rollbacks.json";
  private static final double FACTOR = 0.5;
  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  private final Path file;
  private final List<Rollback> all;

  private Rollbacks(Path file, List<Rollback> all) {
    this.file = file;
    this.all = all;
  }

  static Rollbacks of(Path run) throws IOException {
    Path file = run.resolve(FILE);
    if (!Files.exists(file)) {
      return new Rollbacks(file, List.of());
    }
    return RunFile.read(
        file,
        "a list of rollbacks",
        "copy it from a backup",
        json -> new Rollbacks(file, List.of(GSON.fromJson(json, Rollback[].class))));
  }

  /**
   * The rollbacks that a step was computed under.
   *
   * @param rollbacks in their order
   * @param newest the newest checkpoint that is of the step's own past, in steps done
   */
  public record Past(List<Rollback> rollbacks, long newest) {
    /** Copies the list. */
    public Past {
      rollbacks = List.copyOf(rollbacks);
    }

    /** Lets another run go on as that one did. */
    public void write(Path other) throws IOException {
      if (!rollbacks.isEmpty()) {
        FileReplacement.write(other.resolve(FILE), GSON.toJson(rollbacks));
      }
    }
  }

  /**
   * Finds what a step was computed under; if the run left its batch out later, then before that.
   *
   * @param run the run's directory
   * @param epoch the step's epoch, from 0
   * @param batch the step's batch of it, from 0
   */
  public static Past before(Path run, int epoch, int batch) throws IOException {
    List<Rollback> all = of(run).all;
    for (Rollback rollback : all) {
      if (rollback.epoch() == epoch && rollback.batch() == batch) {
        return new Past(all.subList(0, all.indexOf(rollback)), rollback.step());
      }
    }
    return new Past(all, Long.MAX_VALUE);
  }

  /**
   * Adds one to the file.
   *
   * @param seen the step that was not finite
   * @param newest where the run goes back to; its beginning if there is no checkpoint
   * @throws NonFiniteException if there were too many
   */
  Rollback add(NonFiniteException seen, Optional<Checkpoint> newest) throws IOException {
    if (all.size() >= MOST) {
      throw seen.afterRollbacks(MOST);
    }
    long step = newest.map(checkpoint -> checkpoint.state().step()).orElse(0L);
    Rollback rollback = new Rollback(seen.epoch(), seen.batch(), seen.step(), step, seen.what());
    List<Rollback> more = new ArrayList<>(all);
    more.add(rollback);
    FileReplacement.write(file, GSON.toJson(more));
    return rollback;
  }

  /** The factor of the learning rate of the step after that many. */
  double rateFactor(long step) {
    long before = all.stream().filter(rollback -> rollback.step() <= step).count();
    return Math.pow(FACTOR, (double) before);
  }

  boolean leavesOut(int epoch, int batch) {
    return all.stream().anyMatch(r -> r.epoch() == epoch && r.batch() == batch);
  }
}
