package ai.lacuna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
}
