package ai.lacuna.run;

import ai.lacuna.files.FileReplacement;
import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a run trains on, {@code data.json} of its directory. Order and ids of the images follow from
 * their number, so a data set of another size can't continue a run.
 *
 * @param source how it can be found again, as {@code --data} takes it
 * @param images how many there are
 */
public record RunData(String source, int images) {
  private static final String FILE = "data.json";
  private static final Gson GSON = new Gson();

  /** What the run remembers; empty for a run of the first version. */
  public static Optional<RunData> find(Path run) throws IOException {
    Path file = run.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    return Optional.of(
        RunFile.object(
            file,
            "source and number of images",
            "remove it if the images are the same as then",
            json ->
                new RunData(
                    json.get("source").getAsString(),
                    Math.toIntExact(RunFile.count(json, "images")))));
  }

  void write(Path run) throws IOException {
    FileReplacement.write(run.resolve(FILE), GSON.toJson(this));
  }

  /** Another place is no difference, as long as it holds as many images. */
  public List<String> differences(RunData there) {
    return there.images == images
        ? List.of()
        : List.of("data.images: there " + there.images + ", here " + images);
  }
}
