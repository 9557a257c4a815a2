package ai.lacuna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvironmentTest {
  private final Path run;

  EnvironmentTest(@TempDir Path run) {
    this.run = run;
  }

  private Optional<String> machine(String device, String more) throws IOException {
    String json =
        "{'java':'OpenJDK 64-Bit Server VM 17.0.15+6-Debian','os':'Linux 6.1.0-13 amd64',"
            + "'processors':16,'device':'%s'%s}".formatted(device, more);
    Files.writeString(run.resolve("environment.json"), json.replace('\'', '"'));
    return Environment.machine(run);
  }

  @Test
  void saysTheMachineOfARunInWords() throws IOException {
    assertEquals(Optional.empty(), Environment.machine(run));
    String machine = "16 processors, Linux amd64, Java 17.0.15";
    assertEquals(Optional.of(machine), machine("cpu", ""));
    assertEquals(Optional.of(machine), machine("cpu,cpu", ",'gpus':'none'"));
    assertEquals(Optional.of(machine + ", cuda:0"), machine("cuda:0", ""));
    assertEquals(Optional.of(machine + ", cuda:0"), machine("cuda:0", ",'gpus':'none'"));
    assertEquals(Optional.of(machine + ", H200"), machine("cuda:0", ",'gpus':'H200'"));
  }

  @Test
  void namesAFileThatHoldsSomethingElse() throws IOException {
    Path file = run.resolve("environment.json");
    for (String content : new String[] {"", "[]", "{}", "{\"processors\":[]}", "no"}) {
      Files.writeString(file, content);
      IOException failure = assertThrows(IOException.class, () -> Environment.machine(run));
      assertEquals(
          file
              + ": expected the environment of a run, found other content; copy it from a checkpoint"
              + " of the run",
          failure.getMessage());
    }
  }
}
