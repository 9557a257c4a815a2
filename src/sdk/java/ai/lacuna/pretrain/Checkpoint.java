package ai.lacuna.pretrain;

import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A moment of a run on disk: {@code checkpoint-STEP/} with {@code weights.safetensors}, {@code
 * optimizer.safetensors} and {@code state.json}.
 *
 * <p>It is written beside under a temporary name, synced, then renamed, and only then are older
 * ones removed, all but one: a crash at any moment leaves a whole checkpoint.
 *
 * @param directory where it is
 * @param state the position in the run
 */
public record Checkpoint(Path directory, State state) {
  private static final Pattern NAME = Pattern.compile("checkpoint-(\\d+)");
  private static final int KEPT = 2;
  private static final Gson GSON = new Gson();

  /**
   * The position in a run.
   *
   * @param epoch the epoch to go on with, from 0
   * @param batch the batch of that epoch to go on with, from 0
   * @param step steps done
   */
  public record State(int epoch, int batch, long step) {}

  /**
   * Writes a checkpoint of a run.
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
    Path directory = run.resolve("checkpoint-" + state.step());
    Path beside = run.resolve(".checkpoint-" + state.step() + ".tmp");
    delete(beside);
    Files.createDirectories(beside);
    try {
      Safetensors.write(beside.resolve("weights.safetensors"), weights, Map.of("format", "pt"));
      Safetensors.write(beside.resolve("optimizer.safetensors"), optimizer, Map.of());
      Files.writeString(beside.resolve("state.json"), GSON.toJson(state));
      sync(beside.resolve("state.json"), StandardOpenOption.WRITE);
      delete(directory);
      Files.move(beside, directory, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      delete(beside);
      throw e;
    }
    sync(run, StandardOpenOption.READ);
    List<Checkpoint> all = all(run);
    for (Checkpoint old : all.subList(0, Math.max(0, all.size() - KEPT))) {
      delete(old.directory);
    }
    return new Checkpoint(directory, state);
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

  /** From old to new. */
  private static List<Checkpoint> all(Path run) throws IOException {
    List<Checkpoint> found = new ArrayList<>();
    if (Files.isDirectory(run)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(run, "checkpoint-*")) {
        for (Path entry : entries) {
          if (NAME.matcher(entry.getFileName().toString()).matches()) {
            found.add(new Checkpoint(entry, readState(entry.resolve("state.json"))));
          }
        }
      }
    }
    found.sort(Comparator.comparingLong(c -> c.state.step()));
    return found;
  }

  private static State readState(Path file) throws IOException {
    try {
      return GSON.fromJson(Files.readString(file), State.class);
    } catch (JsonParseException e) {
      throw new IOException(
          file + ": expected a checkpoint's state, found " + e.getMessage() + "; remove it", e);
    }
  }

  /**
   * Reads the parameters.
   *
   * @return all of them
   * @throws IOException if the file can't be read
   */
  public NamedTensors weights() throws IOException {
    return Safetensors.read(directory.resolve("weights.safetensors"));
  }

  /**
   * Reads the optimizer's state.
   *
   * @return means, squares and count
   * @throws IOException if the file can't be read
   */
  public NamedTensors optimizer() throws IOException {
    return Safetensors.read(directory.resolve("optimizer.safetensors"));
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
