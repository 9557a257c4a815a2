package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;

class ZooCommandTest {

  @Test
  void listsWithoutAVerb() {
    CommandLineRun run = CommandLineRun.of("zoo");
    assertEquals(0, run.code(), run.err());
    assertFalse(run.out().isBlank());
    assertEquals(run.out(), CommandLineRun.of("zoo", "list").out());
  }

  @Test
  void namesTheEntryThatIsMissing() {
    assertOneLine(CommandLineRun.of("zoo", "show", "vit_huge"), "vit_huge: expected the name of");
  }

  @Test
  void refusesAnUnknownVerb() {
    assertOneLine(CommandLineRun.of("zoo", "shwo", "x"), "zoo: expected 'list [PATTERN]' or");
  }
}
