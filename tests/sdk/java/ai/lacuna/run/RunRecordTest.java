package ai.lacuna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunRecordTest {
  private static final String FIRST = "{\"kind\":\"step\",\"step\":1}";

  /** What a run may have left that lost its power. */
  @Test
  void goesOnWithWhatCanBeRead(@TempDir Path run) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    for (String line :
        List.of(FIRST, "{\"kind\":\"note\"}", "{\"kind\":\"step\",\"step\":9}", "\0\0")) {
      file.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
    file.write(new byte[] {'{', (byte) 0xff, (byte) 0xc3, '\n'});
    file.write("{\"kind\":\"st".getBytes(StandardCharsets.UTF_8));
    Files.write(run.resolve(RunRecord.FILE), file.toByteArray());
    RunRecord.open(run, 3).close();
    assertEquals(List.of(FIRST), Files.readAllLines(run.resolve(RunRecord.FILE)));
    try (Stream<Path> files = Files.list(run)) {
      assertEquals(1, files.count(), "nothing is left beside");
    }
  }

  /** What people may have made of it. */
  @Test
  void passesOverLinesOfOtherValues(@TempDir Path run) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    for (String step : List.of("null", "{}", "[]", "true", "\"x\"", "[1,2]")) {
      file.write(("{\"kind\":\"step\",\"step\":" + step + "}\n").getBytes(StandardCharsets.UTF_8));
    }
    for (String loss : List.of("null", "{}", "[]", "\"x\"")) {
      file.write(
          ("{\"kind\":\"step\",\"step\":1,\"loss\":" + loss + "}\n")
              .getBytes(StandardCharsets.UTF_8));
    }
    file.write("{\"kind\":\"step\",\"step\":1,\"loss\":0.5}\n".getBytes(StandardCharsets.UTF_8));
    file.write("{\"kind\":\"step\",\"st".getBytes(StandardCharsets.UTF_8));
    file.write(new byte[] {(byte) 0xff, '\n'});
    Files.write(run.resolve(RunRecord.FILE), file.toByteArray());
    assertEquals(OptionalDouble.of(0.5), RunRecord.loss(run, 1));
    assertEquals(OptionalLong.empty(), RunRecord.lastChange(run));
    RunRecord.open(run, 1).close();
    assertEquals(5, Files.readAllLines(run.resolve(RunRecord.FILE)).size());
  }

  @Test
  void aMissedInspectionOfOtherValuesIsNamed(@TempDir Path run) throws IOException {
    Path file = run.resolve(RunRecord.FILE);
    for (String line :
        List.of(
            "{\"kind\":{},\"step\":4}",
            "{\"kind\":\"validation\",\"step\":4,\"loss\":\"x\"}",
            "{\"kind\":\"validation\",\"step\":4,\"loss\":{}}",
            "{\"kind\":\"epoch\",\"step\":4,\"loss\":\"x\"}")) {
      Files.writeString(file, line + "\n");
      String message =
          String.valueOf(
              assertThrows(
                      RunFileException.class,
                      () -> MissedInspection.at(run, new Checkpoint.State(1, 0, 4), false))
                  .getMessage());
      assertEquals(
          file + ": expected the figures of step 4, found other content; remove those lines",
          message);
    }
  }
}
