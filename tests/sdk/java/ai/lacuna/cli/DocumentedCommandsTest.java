package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Commands and options that the pages and the help name, against those that there are. */
class DocumentedCommandsTest {
  private static final Path ROOT = Path.of("..", "..");

  private static final Map<String, Command> COMMANDS =
      Main.commands().stream().collect(Collectors.toMap(Command::name, Function.identity()));

  /** A command to its end: a comment, a quote of the page, or a line that is not continued. */
  private static final Pattern CALL =
      Pattern.compile("\\./lacuna ([a-z]+)((?:\\\\\\n|[^`#|&\\n\\\\])*)");

  /** In running text a command may go on in the next line, to its closing quote. */
  private static final Pattern QUOTED = Pattern.compile("`\\./lacuna ([a-z]+)([^`]*)`");

  private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--([a-z][a-z0-9-]*)");

  static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    for (String top : List.of("README.md", "CONTRIBUTING.md", "examples", "model-cards", "tests")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(top))) {
        files
            .filter(file -> file.toString().endsWith(".md"))
            .filter(file -> !file.toString().contains("node_modules"))
            .sorted()
            .forEach(pages::add);
      }
    }
    return pages;
  }

  @ParameterizedTest
  @MethodSource("pages")
  void pagesNameOptionsThatThereAre(Path page) throws IOException {
    String text = Files.readString(page);
    assertEquals(List.of(), unknown(text), page.toString());
  }

  @ParameterizedTest
  @MethodSource("ai.lacuna.cli.MainTest#commands")
  void examplesOfTheHelpDoToo(Command command) {
    assertEquals(List.of(), unknown(command.details().replaceAll("(?m)^ *lacuna ", "./lacuna ")));
  }

  @Test
  void wordsFromPythonAreOptionsHere() throws IOException {
    Set<String> known = new HashSet<>();
    COMMANDS.values().forEach(command -> known.addAll(options(command)));
    List<String> missing = new ArrayList<>();
    List<String> rows =
        Files.readAllLines(ROOT.resolve("examples/FROM-PYTHON.md")).stream()
            .filter(line -> line.startsWith("| `") || line.startsWith("| the "))
            .toList();
    for (String row : rows) {
      OPTION
          .matcher(row.substring(row.indexOf(" | ")))
          .results()
          .map(found -> found.group(1))
          .filter(option -> !known.contains(option))
          .forEach(missing::add);
    }

    assertTrue(rows.size() > 40, rows.toString());
    assertEquals(List.of(), missing);
  }

  @Test
  void aWrongOptionWouldBeFound() {
    assertEquals(
        List.of("probe --datta", "nothing"),
        unknown("    ./lacuna probe \\\n      --datta x # --y\n or `./lacuna nothing\n --here`"));
  }

  private static List<String> unknown(String text) {
    List<String> unknown = new ArrayList<>();
    Stream.of(CALL, QUOTED)
        .flatMap(pattern -> pattern.matcher(text).results())
        .forEach(call -> check(call, unknown));
    return unknown.stream().distinct().toList();
  }

  private static void check(MatchResult call, List<String> unknown) {
    Command command = COMMANDS.get(call.group(1));
    if (command == null) {
      unknown.add(call.group(1));
      return;
    }
    Set<String> known = options(command);
    OPTION
        .matcher(call.group(2))
        .results()
        .map(found -> found.group(1))
        .filter(option -> !known.contains(option))
        .forEach(option -> unknown.add(command.name() + " --" + option));
  }

  private static Set<String> options(Command command) {
    Set<String> names =
        command.options().getOptions().stream()
            .map(Option::getLongOpt)
            .collect(Collectors.toCollection(HashSet::new));
    names.addAll(List.of("help", "debug"));
    return names;
  }
}
