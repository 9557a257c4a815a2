package ai.lacuna.examples.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.LabelledData;
import ai.lacuna.data.Subset;
import ai.lacuna.finetune.UnfreezePlan;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.OnnxClassifier;
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

class FineTuneTest {
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
  void leavesABundleThatClassifies(@TempDir Path directory) throws IOException {
    LabelledData data = FashionMnist.sample();
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    Path bundle = directory.resolve("bundle");
    FineTune.run(
        first(data.train(), 400),
        first(data.test(), 200),
        directory.resolve("run"),
        bundle,
        UnfreezePlan.parse("head@2, last2@1, all@2"),
        new PrintStream(printed, true, StandardCharsets.UTF_8));
    String text = printed.toString(StandardCharsets.UTF_8);
    assertTrue(accuracy(text, "linear probe: ") > 70, text);
    assertTrue(accuracy(text, "fine-tuned: ") > 60, text);
    try (OnnxClassifier classifier = Bundle.open(bundle).classifier()) {
      assertEquals(1, classifier.classify(data.test().get(0).pixels(), 1).size());
    }
  }

  private static double accuracy(String text, String label) {
    String rest = text.substring(text.indexOf(label) + label.length());
    return Double.parseDouble(rest.substring(0, rest.indexOf(' ')));
  }

  private static ImageDataset first(ImageDataset data, int count) {
    return Subset.of(data, IntStream.range(0, count).toArray(), "first " + count);
  }

  @Test
  void saysInOneLineWhatIsWrong(@TempDir Path folder) throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    for (String part : List.of("train/cat", "train/dog", "test/cat", "test/dog")) {
      Path broken = Files.createDirectories(data.resolve(part)).resolve("a.png");
      Files.writeString(broken, "no image");
    }
    String run = folder.resolve("run").toString();
    String bundle = folder.resolve("bundle").toString();
    assertRefused("usage: FineTune DATA RUN BUNDLE [PLAN]");
    assertRefused("absent: expected ", folder.resolve("absent").toString(), run, bundle);
    assertRefused("a.png: expected ", data.toString(), run, bundle);
    assertRefused("unfreeze plan: expected ", data.toString(), run, bundle, "top@2");
    assertTrue(Files.notExists(Path.of(bundle)));
  }

  private static void assertRefused(String why, String... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    assertEquals(2, FineTune.run(args, System.out, stream));
    String said = err.toString(StandardCharsets.UTF_8);
    assertEquals(1, said.lines().count(), said);
    assertTrue(said.contains(why), said);
  }
}
