package ai.lacuna.cli;

import ai.lacuna.monitor.TrackerWatch.TrackerSource;
import ai.lacuna.track.Mlflow;
import ai.lacuna.track.TensorBoard;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.Options;

/** The options of every command that trains for trackers of its figures. */
final class TrackerOptions {
  private static final String EXPERIMENT = "lacuna";

  private TrackerOptions() {}

  static void addTo(Options options) {
    options
        .addOption(Arguments.flag("tensorboard", "write event files below DIR/tensorboard"))
        .addOption(
            Arguments.value("mlflow", "URL", "send figures to that server ($MLFLOW_TRACKING_URI)"));
  }

  /** The trackers that the user wants; they are opened when the run begins. */
  static List<TrackerSource> read(Arguments arguments, Path run, String config) {
    List<TrackerSource> sources = new ArrayList<>();
    if (arguments.has("tensorboard")) {
      sources.add(step -> TensorBoard.open(run.resolve("tensorboard"), step));
    }
    Optional<String> given =
        arguments
            .find("mlflow")
            .or(() -> Optional.ofNullable(System.getenv("MLFLOW_TRACKING_URI")));
    if (given.isPresent() && !given.get().isBlank()) {
      URI server = server(given.get());
      Map<String, String> parameters = new LinkedHashMap<>();
      flatten("", JsonParser.parseString(config), parameters);
      String name = String.valueOf(run.toAbsolutePath().normalize().getFileName());
      Path file = run.resolve("mlflow.json");
      sources.add(step -> Mlflow.resume(file, server, EXPERIMENT, name, parameters));
    }
    return sources;
  }

  private static URI server(String text) {
    try {
      URI server = new URI(text);
      if (server.getRawUserInfo() != null) { // Reports, messages and mlflow.json hold the address.
        throw new UsageException(
            "--mlflow, MLFLOW_TRACKING_URI: expected an address without name and password, which"
                + " would be shown, found one with them; leave them out");
      }
      if (server.getHost() != null && String.valueOf(server.getScheme()).startsWith("http")) {
        return server;
      }
    } catch (URISyntaxException e) {
      // Said below, as for an address of another kind.
    }
    throw new UsageException(
        "--mlflow: expected the address of a server, such as http://localhost:5000, found " + text);
  }

  private static void flatten(String name, JsonElement value, Map<String, String> into) {
    if (value.isJsonObject()) {
      value
          .getAsJsonObject()
          .asMap()
          .forEach((key, v) -> flatten(name.isEmpty() ? key : name + "." + key, v, into));
    } else {
      into.put(name, value.isJsonPrimitive() ? value.getAsString() : value.toString());
    }
  }
}
