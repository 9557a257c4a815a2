package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MainTest {

  static Stream<Command> commands() {
    return Main.commands().stream();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandShowsItsHelp(Command command) {
    CommandLineRun run = CommandLineRun.of(command.name(), "--help");
    assertAll(
        () -> assertEquals(0, run.code()),
        () -> assertTrue(run.out().contains("usage: lacuna " + command.name()), run.out()),
        () -> assertTrue(run.out().contains("--debug"), run.out()),
        () -> assertTrue(run.out().lines().allMatch(line -> line.length() <= 80), run.out()),
        () -> assertEquals("", run.err()));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandRefusesAnUnknownOption(Command command) {
    assertOneLine(CommandLineRun.of(command.name(), "--no-such-option"), "--no-such-option");
  }

  @Test
  void overviewListsEveryCommand() {
    CommandLineRun run = CommandLineRun.of("--help");
    assertEquals(0, run.code());
    commands()
        .forEach(command -> assertTrue(words(run.out()).contains(command.summary()), run.out()));
  }

  @Test
  void unknownCommandSuggestsTheNearest() {
    assertOneLine(CommandLineRun.of("docter"), "docter: no such command; did you mean doctor?");
  }

  @Test
  void misspeltOptionSuggestsTheNearest() {
    assertOneLine(
        CommandLineRun.with(List.of(new Failing(new RuntimeException())), "fail", "--epocs", "3"),
        "--epocs: no such option; did you mean --epochs?");
  }

  @Test
  void optionWithoutItsValueIsNamed() {
    assertOneLine(
        CommandLineRun.with(List.of(new Failing(new RuntimeException())), "fail", "--epochs"),
        "--epochs: expected a value after it, found none; give --epochs N");
  }

  @Test
  void aReadOnlyFileSystemIsNoFaultOfTheProgram() {
    assertOneLine(
        CommandLineRun.with(
            List.of(
                new Failing(new FileSystemException("/media/x", null, "Read-only file system"))),
            "fail"),
        "/media/x: Read-only file system; check the path and its permissions");
  }

  @Test
  void aFullDiskIsNoFaultOfTheProgramEither() {
    assertOneLine(
        CommandLineRun.with(
            List.of(new Failing(new FileSystemException("run/a", null, "No space left on device"))),
            "fail"),
        "run/a: No space left on device; make room");
    assertOneLine(
        CommandLineRun.with(
            List.of(
                new Failing(
                    new UncheckedIOException(
                        "run/b: can't be written (Disk quota exceeded); make room",
                        new java.io.IOException("Disk quota exceeded")))),
            "fail"),
        "run/b: can't be written (Disk quota exceeded); make room");
  }

  @Test
  void numberThatIsNoneIsNamedWithWhatWasExpected() {
    assertOneLine(
        CommandLineRun.with(
            List.of(new Failing(new RuntimeException())), "fail", "--epochs", "many"),
        "--epochs: expected a whole number of at least 1, found many");
  }

  @Test
  void numberThatIsTooLargeSaysTheGreatest() {
    assertOneLine(
        CommandLineRun.with(
            List.of(new Failing(new RuntimeException())), "fail", "--epochs", "99999999999"),
        "--epochs: expected a whole number from 1 to 2147483647, found 99999999999");
  }

  @Test
  void rangesAreSaidAsAPersonWritesThem() {
    assertOneLine(pretrain("--lr", "-1"), "--lr: expected a number of at least 0, found -1");
    assertOneLine(
        pretrain("--min-crop", "2"),
        "--min-crop: expected a number of at least 0 and at most 1, found 2");
    assertOneLine(
        finetune("--drop-path", "1"),
        "--drop-path: expected a number of at least 0 and below 1, found 1");
    assertOneLine(
        CommandLineRun.of("import", "--from", "pom.xml", "--epsilon", "1"),
        "--epsilon: expected a number above 0 and at most 0.1, found 1");
  }

  private static CommandLineRun pretrain(String option, String value) {
    return CommandLineRun.of(
        "pretrain", "--data", "fashion-mnist-sample", "--out", "x", option, value);
  }

  private static CommandLineRun finetune(String option, String value) {
    return CommandLineRun.of(
        "finetune",
        "--encoder",
        Quickstart.ENCODER,
        "--data",
        "fashion-mnist-sample",
        "--out",
        "x",
        option,
        value);
  }

  @Test
  void missingFileIsBadInput() {
    assertOneLine(
        CommandLineRun.with(List.of(new Failing(new NoSuchFileException("a.png"))), "fail"),
        "a.png: no such file");
  }

  @Test
  void messageOfSeveralLinesBecomesOne() {
    assertOneLine(
        CommandLineRun.with(
            List.of(new Failing(new IllegalArgumentException("first\n  second:\n  third"))),
            "fail"),
        "first; second: third");
  }

  @Test
  void messagesSteerNoTerminal() {
    String name = "a\u001b]0;b\u0007\u009b31mc\td";
    CommandLineRun run =
        CommandLineRun.with(
            List.of(new Failing(new IllegalArgumentException(name + ": bad"))), "fail");
    assertEquals("lacuna: a?]0;b??31mc?d: bad\n", run.err().replace("\r\n", "\n"));
  }

  @Test
  void aLongMessageKeepsItsPlaceAndItsNextStep() {
    String found = "x".repeat(5_000_000);
    CommandLineRun run =
        CommandLineRun.with(
            List.of(
                new Failing(new IllegalArgumentException("a.csv: found " + found + "; add it"))),
            "fail");
    assertTrue(run.err().startsWith("lacuna: a.csv: found xxx"), "its beginning");
    assertTrue(run.err().strip().endsWith("xxx; add it"), "its end");
    assertTrue(run.err().length() < 5000, () -> run.err().length() + " letters");
  }

  @Test
  void resultsSteerNoTerminal() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    new Terminal(stream, stream, true).line("%s  %s%n-", "\u001b[2Jshirt\u009b", "é");
    assertEquals(
        List.of("?[2Jshirt?  é", "-"), out.toString(StandardCharsets.UTF_8).lines().toList());
  }

  @Test
  void anythingElseIsUnexpectedAndSaysHowToSeeMore() {
    CommandLineRun run =
        CommandLineRun.with(
            List.of(new Failing(new UncheckedIOException(new java.io.IOException("disk")))),
            "fail");
    assertEquals(1, run.code());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("--debug"), run.err());
  }

  @Test
  void debugShowsTheStackTrace() {
    CommandLineRun run =
        CommandLineRun.with(
            List.of(new Failing(new IllegalArgumentException("wrong"))), "fail", "--debug");
    assertEquals(2, run.code());
    assertTrue(run.err().contains("\tat ai.lacuna.cli"), run.err());
  }

  /** The text on one line. */
  private static String words(String text) {
    return text.replaceAll("\\s+", " ");
  }

  /** Exit code 2, and one line without a stack trace. */
  static void assertOneLine(CommandLineRun run, String expected) {
    assertAll(
        () -> assertEquals(2, run.code()),
        () -> assertTrue(run.err().startsWith("lacuna: " + expected), run.err()),
        () -> assertEquals(1, run.err().lines().count(), run.err()),
        () -> assertFalse(run.err().contains("\tat "), run.err()),
        () -> assertEquals("", run.out()));
  }

  private record Failing(Exception failure) implements Command {
    @Override
    public String name() {
      return "fail";
    }

    @Override
    public String summary() {
      return "fails";
    }

    @Override
    public String usage() {
      return "[options]";
    }

    @Override
    public Options options() {
      return new Options()
          .addOption(Option.builder().longOpt("epochs").hasArg().argName("N").desc("epochs").get());
    }

    @Override
    public int run(Arguments arguments, Terminal terminal) throws Exception {
      arguments.integer("epochs", 1, 1);
      throw failure;
    }
  }
}
