package ai.lacuna.examples.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.LabelledData;
import ai.lacuna.data.Subset;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinearProbeInTenLinesTest {
  private final Locale before = Locale.getDefault();

  @BeforeEach
  void speakGerman() {
    Locale.setDefault(Locale.GERMANY);
  }

  @AfterEach
  void speakAsBefore() {
    Locale.setDefault(before);
  }

  @Test
  void classifiesMostOfTheTestImagesAndLeavesTheHead(@TempDir Path folder) throws IOException {
    LabelledData data = FashionMnist.sample();
    Path head = folder.resolve("head.safetensors");
    LabelledData few =
        new LabelledData(
            Subset.of(data.train(), IntStream.range(0, 400).toArray(), "400"),
            Subset.of(data.test(), IntStream.range(0, 200).toArray(), "200"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    double top1 = LinearProbeInTenLines.run(few, head, stream);
    assertTrue(top1 > 0.7, "top-1 " + top1);
    String said = out.toString(StandardCharsets.UTF_8);
    assertTrue(said.matches("top-1: [0-9]+\\.[0-9] %\\R"), said);
    assertTrue(Files.size(head) > 0);
  }

  @Test
  void saysInOneLineWhatIsWrong(@TempDir Path folder) throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    for (String part : List.of("train/cat", "train/dog", "test/cat", "test/dog")) {
      Path broken = Files.createDirectories(data.resolve(part)).resolve("a.png");
      Files.writeString(broken, "no image");
    }
    String head = folder.resolve("head.safetensors").toString();
    assertRefused("usage: LinearProbeInTenLines DATA HEAD.safetensors");
    assertRefused("absent: expected ", folder.resolve("absent").toString(), head);
    assertRefused("folders train and test", folder.resolve("data/train/cat").toString(), head);
    assertRefused("a.png: expected ", data.toString(), head);
    assertTrue(Files.notExists(Path.of(head)));
  }

  private static void assertRefused(String why, String... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    assertEquals(2, LinearProbeInTenLines.run(args, System.out, stream));
    String said = err.toString(StandardCharsets.UTF_8);
    assertEquals(1, said.lines().count(), said);
    assertTrue(said.contains(why), said);
  }
}
