package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZooCommandTest {

  @Test
  void listsWithoutAVerb() {
    CommandLineRun run = CommandLineRun.of("zoo");
    assertEquals(0, run.code(), run.err());
    assertFalse(run.out().isBlank());
    assertEquals(run.out(), CommandLineRun.of("zoo", "list").out());
  }

  @Test
  void saysWhatAnotherSizeTakes() {
    String name = "vit_micro_patch4_28.mae_fashion_mnist";
    CommandLineRun run = CommandLineRun.of("zoo", "show", name, "--image-size", "32x40");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("at 32 x 40: 8 x 10 patches, "), run.out());
    assertOneLine(
        CommandLineRun.of("zoo", "show", name, "--image-size", "30"),
        "patchSize: expected a divisor");
  }

  @Test
  void namesTheEntryThatIsMissing() {
    assertOneLine(CommandLineRun.of("zoo", "show", "vit_huge"), "vit_huge: expected the name of");
  }

  @Test
  void renewsTheIndexOfAFolder(@TempDir Path folder) throws IOException {
    CommandLineRun run =
        CommandLineRun.of("zoo", "cards", "--zoo", folder.toString(), "--cards", folder.toString());

    assertEquals(0, run.code(), run.err());
    assertTrue(Files.readString(folder.resolve("index.json")).contains("\"entries\": []"));
  }

  @Test
  void needsARunToPublish() {
    assertOneLine(CommandLineRun.of("zoo", "publish", "vit_huge"), "--run: expected a value");
    assertOneLine(
        CommandLineRun.of("zoo", "publish", "vit_huge", "--run", "no-such-run"),
        "no-such-run: no such file or directory");
  }

  @Test
  void refusesAnUnknownVerb() {
    CommandLineRun run = CommandLineRun.of("zoo", "shows", "x");
    assertOneLine(run, "zoo: expected one of list, show, pull, ");
    assertTrue(run.err().endsWith("found shows; did you mean show?\n"), run.err());
  }

  @Test
  void saysHowManyNamesAVerbTakes() {
    assertOneLine(CommandLineRun.of("zoo", "show"), "zoo show: expected one name, found 0;");
    assertOneLine(
        CommandLineRun.of("zoo", "list", "a", "b"),
        "zoo list: expected one name at most, found 2;");
    assertOneLine(CommandLineRun.of("zoo", "cards", "a"), "zoo cards: expected no name, found 1;");
  }

  @Test
  void namesTheOptionOfAFolderThatIsNoZoo(@TempDir Path directory) {
    String zoo = directory.resolve("none").toString();
    assertOneLine(
        CommandLineRun.of("zoo", "cards", "--zoo", zoo),
        zoo + ": expected the folder of a zoo, found none; name it by --zoo DIR");
  }
}
