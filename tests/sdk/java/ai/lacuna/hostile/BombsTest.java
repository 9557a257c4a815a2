package ai.lacuna.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.oracle.ForkedJava;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every bomb is refused in words, soon, and in a small heap. */
class BombsTest {
  private static final Set<String> TYPED =
      Set.of("WeightsException", "DataException", "BundleException");

  /** Of the reading thread's own CPU time, so that other work on the machine does not count. */
  private static final long MOST_CPU_MILLIS = 1_000;

  static Map<String, String> read(Path names) throws IOException {
    Map<String, String> bombs = new LinkedHashMap<>();
    for (String line : Files.readAllLines(names)) {
      bombs.put(line.substring(0, line.indexOf(' ')), line.substring(line.indexOf(' ') + 1));
    }
    return bombs;
  }

  @Test
  void areRefusedInASecondOfASmallHeap(@TempDir Path folder) throws Exception {
    List<String> names = new ArrayList<>();
    for (Map.Entry<String, Bombs.Maker> bomb : Bombs.all().entrySet()) {
      Bombs.write(bomb.getValue(), folder.resolve("" + names.size()));
      names.add(names.size() + " " + bomb.getKey());
    }
    Map<String, LargeBombs.Maker> files = new LinkedHashMap<>(LargeBombs.all());
    files.putAll(ForeignBombs.all());
    for (Map.Entry<String, LargeBombs.Maker> bomb : files.entrySet()) {
      bomb.getValue().write(folder.resolve("" + names.size()));
      names.add(names.size() + " " + bomb.getKey());
    }
    Files.write(folder.resolve("names"), names);
    assertTrue(names.size() >= 30, names.size() + " bombs");

    List<String> lines = ForkedJava.run("256m", BombDisposal.class, folder.toString());
    List<String> wrong = new ArrayList<>();
    int seen = 0;
    for (String line : lines) {
      if (line.startsWith("BOMB\t")) {
        seen++;
        String[] fields = line.split("\t", -1);
        if (!TYPED.contains(fields[3]) || Long.parseLong(fields[1]) > MOST_CPU_MILLIS) {
          wrong.add(line);
        }
      }
    }
    assertEquals(List.of(), wrong);
    assertEquals(names.size(), seen);
  }
}
