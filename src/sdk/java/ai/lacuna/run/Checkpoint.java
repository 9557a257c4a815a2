package ai.lacuna.run;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.WeightsException;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A moment of a run on disk: {@code checkpoint-STEP/} with {@code weights.safetensors}, {@code
 * optimizer.safetensors}, {@code state.json}, and the run's {@code config.json} and {@code
 * environment.json} of that moment.
 *
 * <p>Everything random is a pure function of (seed, epoch, sample id), and the schedule one of the
 * position, so that these files are all that a run needs to go on as if it had not stopped. They
 * are written beside under a temporary name, synced, then renamed, and only then are surplus ones
 * removed, which lose their name before their first file: a crash at any moment leaves a whole
 * checkpoint, and none that is not. {@code state.json} holds digests of both tensor files, which
 * reading checks, and within an epoch the sums of its figures so far.
 *
 * @param directory where it is
 * @param state the position in the run
 * @param score what is lower for a better checkpoint; NaN if unknown
 */
public record Checkpoint(Path directory, State state, double score) {
  private static final Pattern NAME = Pattern.compile("checkpoint-(\\d+)");

  /** Half written, or half deleted. */
  private static final Pattern LEFTOVER = Pattern.compile("\\.checkpoint-\\d+\\.tmp");

  /** Whole, and about to be replaced by another of the same step. */
  private static final Pattern REPLACED = Pattern.compile("\\.(checkpoint-\\d+)\\.old");

  /** What replaces files: checkpoints, whose scores come later, and pictures. */
  private static final Pattern FOLDER = Pattern.compile("checkpoint-\\d+|pictures");

  private static final String WEIGHTS = "weights";
  private static final String OPTIMIZER = "optimizer";
  private static final String STATE = "state.json";
  private static final String SCORE = "score";
  private static final String TALLY = "tally";
  private static final List<String> COPIED = List.of("config.json", "environment.json");
  private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

  /**
   * The position in a run.
   *
   * @param epoch the epoch to go on with, from 0
   * @param batch the batch of that epoch to go on with, from 0
   * @param step steps done
   */
  public record State(int epoch, int batch, long step) {}

  /**
   * Writes a checkpoint without a score; the newest two stay.
   *
   * @param run the run's directory
   * @param state the position
   * @param weights all parameters
   * @param optimizer the optimizer's state
   * @return the checkpoint
   * @throws IOException if it can't be written; earlier ones are then untouched
   */
  public static Checkpoint write(
      Path run, State state, NamedTensors weights, NamedTensors optimizer) throws IOException {
    return write(run, state, Double.NaN, weights, optimizer, Retention.lastTwo());
  }

  /**
   * Writes a checkpoint of a run, then removes those that the retention does not keep.
   *
   * @param run the run's directory
   * @param state the position
   * @param score lower for a better one; NaN if unknown
   * @param weights all parameters
   * @param optimizer the optimizer's state
   * @param retention which checkpoints stay
   * @return the checkpoint
   * @throws IOException if it can't be written; earlier ones are then untouched
   */
  public static Checkpoint write(
      Path run,
      State state,
      double score,
      NamedTensors weights,
      NamedTensors optimizer,
      Retention retention)
      throws IOException {
    return write(run, state, score, EpochTally.NONE, weights, optimizer, retention);
  }

  /**
   * As {@link #write(Path, State, double, NamedTensors, NamedTensors, Retention)}, within an epoch.
   */
  static Checkpoint write(
      Path run,
      State state,
      double score,
      EpochTally tally,
      NamedTensors weights,
      NamedTensors optimizer,
      Retention retention)
      throws IOException {
    Path directory = run.resolve("checkpoint-" + state.step());
    Path beside = run.resolve(".checkpoint-" + state.step() + ".tmp");
    delete(beside);
    Files.createDirectories(beside);
    try {
      Safetensors.write(beside.resolve(file(WEIGHTS)), weights, Map.of("format", "pt"));
      Safetensors.write(beside.resolve(file(OPTIMIZER)), optimizer, Map.of());
      for (String name : COPIED) {
        if (Files.exists(run.resolve(name))) {
          Files.copy(run.resolve(name), beside.resolve(name));
          sync(beside.resolve(name), StandardOpenOption.WRITE);
        }
      }
      Files.writeString(
          beside.resolve(STATE), GSON.toJson(json(state, score, tally, weights, optimizer)));
      sync(beside.resolve(STATE), StandardOpenOption.WRITE);
      sync(beside, StandardOpenOption.READ);
      Path old = run.resolve("." + directory.getFileName() + ".old");
      if (Files.exists(directory)) {
        Files.move(directory, old, StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(beside, directory, StandardCopyOption.ATOMIC_MOVE);
      delete(old);
    } catch (IOException e) {
      abandon(beside, e);
      throw new IOException(
          directory
              + ": can't be written ("
              + e.getMessage()
              + "); earlier checkpoints are whole; make room and start the run again",
          e);
    }
    sync(run, StandardOpenOption.READ);
    removeSurplus(run, retention);
    return new Checkpoint(directory, state, score);
  }

  private static void removeSurplus(Path run, Retention retention) throws IOException {
    for (Checkpoint surplus : retention.surplus(all(run))) {
      // A process that is killed meanwhile leaves a leftover, not half a checkpoint.
      Path leftover = run.resolve("." + surplus.directory.getFileName() + ".tmp");
      Files.move(surplus.directory, leftover, StandardCopyOption.ATOMIC_MOVE);
      delete(leftover);
    }
  }

  /**
   * Gives a checkpoint a score, then removes those that the retention does not keep.
   *
   * @param run the run's directory
   * @param value lower for a better one
   * @param retention which checkpoints of the run stay
   * @throws IOException if it can't be written; the checkpoint is then as before
   */
  void score(Path run, double value, Retention retention) throws IOException {
    JsonObject json = stateOf(directory, state -> state);
    json.addProperty(SCORE, value);
    FileReplacement.write(directory.resolve(STATE), GSON.toJson(json));
    removeSurplus(run, retention);
  }

  private static String file(String tensors) {
    return tensors + ".safetensors";
  }

  private static JsonObject json(
      State state, double score, EpochTally tally, NamedTensors weights, NamedTensors optimizer) {
    JsonObject json = GSON.toJsonTree(state).getAsJsonObject();
    if (!Double.isNaN(score)) {
      json.addProperty(SCORE, score);
    }
    if (tally.steps() > 0) {
      json.add(TALLY, GSON.toJsonTree(tally));
    }
    JsonObject digests = new JsonObject();
    digests.addProperty(WEIGHTS, weights.sha256());
    digests.addProperty(OPTIMIZER, optimizer.sha256());
    json.add("sha256", digests);
    return json;
  }

  private static void abandon(Path beside, IOException cause) {
    try {
      delete(beside);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private static void sync(Path path, StandardOpenOption mode) throws IOException {
    if (Files.isDirectory(path) && System.getProperty("os.name", "").startsWith("Windows")) {
      return; // Windows can't open a directory; its renames are journalled.
    }
    try (FileChannel channel = FileChannel.open(path, mode)) {
      channel.force(true);
    }
  }

  /**
   * Finds the newest checkpoint of a run.
   *
   * @param run the run's directory
   * @return the newest; empty if there is none
   * @throws IOException if a state can't be read
   */
  public static Optional<Checkpoint> newest(Path run) throws IOException {
    List<Checkpoint> all = all(run);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  /**
   * Lists the checkpoints of a run.
   *
   * @param run the run's directory
   * @return from old to new
   * @throws IOException if a state can't be read
   */
  public static List<Checkpoint> all(Path run) throws IOException {
    List<Checkpoint> found = new ArrayList<>();
    for (Path entry : matching(run, NAME)) {
      found.add(read(entry));
    }
    found.sort(Comparator.comparingLong(c -> c.state.step()));
    return found;
  }

  /** Removes what a killed process had begun to write or to delete, and ends its replacements. */
  static void removeLeftovers(Path run) throws IOException {
    for (Path entry : matching(run, LEFTOVER)) {
      delete(entry);
    }
    FileReplacement.removeAbandoned(run);
    for (Path entry : matching(run, FOLDER)) {
      FileReplacement.removeAbandoned(entry);
    }
    for (Path old : matching(run, REPLACED)) {
      Matcher name = REPLACED.matcher(String.valueOf(old.getFileName()));
      if (name.matches() && !Files.exists(run.resolve(name.group(1)))) {
        Files.move(old, run.resolve(name.group(1)), StandardCopyOption.ATOMIC_MOVE);
      } else {
        delete(old);
      }
    }
  }

  private static List<Path> matching(Path run, Pattern names) throws IOException {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(run)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(run)) {
        for (Path entry : entries) {
          if (names.matcher(String.valueOf(entry.getFileName())).matches()) {
            found.add(entry);
          }
        }
      }
    }
    return found;
  }

  private static Checkpoint read(Path directory) throws IOException {
    return stateOf(
        directory,
        json -> {
          int epoch = Math.toIntExact(RunFile.count(json, "epoch"));
          int batch = Math.toIntExact(RunFile.count(json, "batch"));
          double score = json.has(SCORE) ? json.get(SCORE).getAsDouble() : Double.NaN;
          return new Checkpoint(
              directory, new State(epoch, batch, RunFile.count(json, "step")), score);
        });
  }

  private static <T> T stateOf(Path directory, Function<JsonObject, T> reader) throws IOException {
    Path file = directory.resolve(STATE);
    String expected = "a checkpoint's state";
    try {
      return RunFile.object(file, expected, "remove " + directory, reader);
    } catch (NoSuchFileException e) {
      throw new RunFileException(
          "%s: expected %s, found no file; remove %s".formatted(file, expected, directory), e);
    }
  }

  /** What the epoch added up to before it; nothing at an epoch's start, and of older versions. */
  EpochTally tally() throws IOException {
    return stateOf(
        directory,
        json ->
            json.has(TALLY) ? GSON.fromJson(json.get(TALLY), EpochTally.class) : EpochTally.NONE);
  }

  /**
   * Reads the parameters.
   *
   * @return all of them
   * @throws IOException if the file can't be read
   * @throws WeightsException if it is damaged
   */
  public NamedTensors weights() throws IOException {
    return tensors(WEIGHTS);
  }

  /**
   * Reads the optimizer's state.
   *
   * @return means, squares and count
   * @throws IOException if the file can't be read
   * @throws WeightsException if it is damaged
   */
  public NamedTensors optimizer() throws IOException {
    return tensors(OPTIMIZER);
  }

  private NamedTensors tensors(String name) throws IOException {
    Path file = directory.resolve(file(name));
    NamedTensors tensors = Safetensors.read(file);
    String found = tensors.sha256();
    String expected =
        stateOf(
            directory,
            json ->
                json.has("sha256") // The first version had no digests.
                    ? json.getAsJsonObject("sha256").get(name).getAsString()
                    : found);
    if (!expected.equals(found)) {
      throw new WeightsException(
          "%s: expected sha256 %.12s…, found %.12s…; the file is damaged: remove %s to go on from an earlier checkpoint"
              .formatted(file, expected, found, directory));
    }
    return tensors;
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
