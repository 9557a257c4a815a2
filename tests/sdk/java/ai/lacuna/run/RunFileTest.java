package ai.lacuna.run;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files of a run that somebody edited, or a power cut left. */
class RunFileTest {
  private static final String DIGESTS = "\"sha256\": {\"weights\": \"0\", \"optimizer\": \"0\"}";

  private final Path run;

  RunFileTest(@TempDir Path run) {
    this.run = run;
  }

  static List<String> noObjects() {
    return List.of(
        "", "null", "[]", "3", "\"x\"", "{", "{\"a\":1} {", "[".repeat(100_000), "\ufeff\0");
  }

  static List<String> states() {
    return List.of(
        "{}",
        "{\"epoch\": 0, \"batch\": 0}",
        "{\"epoch\": null, \"batch\": 0, \"step\": 1}",
        "{\"epoch\": \"x\", \"batch\": 0, \"step\": 1}",
        "{\"epoch\": {}, \"batch\": 0, \"step\": 1}",
        "{\"epoch\": [], \"batch\": 0, \"step\": 1}",
        "{\"epoch\": true, \"batch\": 0, \"step\": 1}",
        "{\"epoch\": -1, \"batch\": 0, \"step\": 1}",
        "{\"epoch\": 1.5, \"batch\": 0, \"step\": 1}",
        "{\"epoch\": 4294967296, \"batch\": 0, \"step\": 1}",
        "{\"epoch\": 0, \"batch\": 0, \"step\": 1e400}",
        "{\"epoch\": 0, \"batch\": 0, \"step\": 1e999999999}",
        "{\"epoch\": 0, \"batch\": 0, \"step\": 1, \"score\": \"x\"}",
        "{\"epoch\": 0, \"batch\": 0, \"step\": 1, \"score\": {}}",
        "{\"epoch\": 0, \"batch\": 0, \"step\": 1, \"score\": null}");
  }

  static List<String> digests() {
    return List.of("[]", "null", "\"x\"", "{}", "{\"weights\": {}}", "{\"weights\": null}");
  }

  private static void refused(Path file, Executable reading) {
    String message = String.valueOf(assertThrows(RunFileException.class, reading).getMessage());
    assertTrue(message.startsWith(file + ": expected "), message);
  }

  private Path state(String text) throws IOException {
    Path checkpoint = Files.createDirectories(run.resolve("checkpoint-1"));
    return Files.writeString(checkpoint.resolve("state.json"), text);
  }

  @ParameterizedTest
  @MethodSource({"noObjects", "states"})
  void aCheckpointOfAnotherStateIsNamed(String text) throws IOException {
    refused(state(text), () -> Checkpoint.newest(run));
  }

  @ParameterizedTest
  @MethodSource("digests")
  void aCheckpointOfOtherDigestsIsNamed(String text) throws IOException {
    Checkpoint written =
        Checkpoint.write(
            run,
            new Checkpoint.State(0, 1, 1),
            NamedTensors.builder().build(),
            NamedTensors.builder().build());
    Path file = state("{\"epoch\": 0, \"batch\": 1, \"step\": 1, \"sha256\": " + text + "}");
    refused(file, written::weights);
  }

  @ParameterizedTest
  @MethodSource("noObjects")
  void otherEnvironmentsAreNamed(String text) throws IOException {
    Path file = Files.writeString(run.resolve("environment.json"), text);
    refused(file, () -> Environment.machine(run));
    refused(file, () -> Environment.arithmetic(run));
  }

  @Test
  void anEnvironmentOfOtherNumbersIsNamed() throws IOException {
    for (String threads : List.of("\"x\"", "null", "{}", "[]")) {
      Path file =
          Files.writeString(run.resolve("environment.json"), "{\"threads\": " + threads + "}");
      refused(file, () -> Environment.arithmetic(run));
    }
  }

  @ParameterizedTest
  @MethodSource("noObjects")
  void otherDataIsNamed(String text) throws IOException {
    Path file = Files.writeString(run.resolve("data.json"), text);
    refused(file, () -> RunData.find(run));
  }

  @Test
  void dataOfOtherNumbersIsNamed() throws IOException {
    for (String images : List.of("\"x\"", "null", "{}", "-3", "1e400")) {
      Path file =
          Files.writeString(
              run.resolve("data.json"), "{\"source\": \"a\", \"images\": " + images + "}");
      refused(file, () -> RunData.find(run));
    }
  }

  @Test
  void otherRollbacksAreNamed() throws IOException {
    for (String text : List.of("", "null", "{}", "3", "[null]", "[3]", "[{\"epoch\": \"x\"}]")) {
      Path file = Files.writeString(run.resolve("rollbacks.json"), text);
      refused(file, () -> Rollbacks.of(run));
    }
  }

  @Test
  void bytesThatAreNoTextAreNamed() throws IOException {
    byte[] bytes = ("{" + DIGESTS + "\u00ff").getBytes(StandardCharsets.ISO_8859_1);
    Path state = state("");
    Files.write(state, bytes);
    refused(state, () -> Checkpoint.newest(run));
    Path data = Files.write(run.resolve("data.json"), bytes);
    refused(data, () -> RunData.find(run));
  }
}
