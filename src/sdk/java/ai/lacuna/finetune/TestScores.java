package ai.lacuna.finetune;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.run.RunFile;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a run's network did on test images, {@code test.json} of the run's directory.
 *
 * @param command what trained and judged it
 * @param data what its images are from, as {@code --data} takes it
 * @param labelled how many images it was trained on
 * @param images how many test images it was judged by
 * @param seconds that the epochs took
 * @param figures by name, see {@link Scores}
 */
public record TestScores(
    String command,
    String data,
    int labelled,
    int images,
    double seconds,
    Map<String, Double> figures) {
  /** The file's name. */
  public static final String FILE = "test.json";

  private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

  /**
   * Writes them into a run's directory.
   *
   * @param run the directory
   * @throws IOException if that fails; an older file is then as it was
   */
  public void write(Path run) throws IOException {
    FileReplacement.write(run.resolve(FILE), GSON.toJson(this) + "\n");
  }

  /**
   * Reads what a run has left.
   *
   * @param run the directory
   * @return empty if it was not judged on test images
   * @throws IOException if the file can't be read, or holds something else
   */
  public static Optional<TestScores> find(Path run) throws IOException {
    Path file = run.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    return Optional.of(
        RunFile.object(
            file, "figures of test images", "judge the run on them again", TestScores::whole));
  }

  private static TestScores whole(JsonObject json) {
    TestScores scores = GSON.fromJson(json, TestScores.class);
    Objects.requireNonNull(scores.command());
    scores.figures().values().forEach(Objects::requireNonNull);
    return scores;
  }
}
