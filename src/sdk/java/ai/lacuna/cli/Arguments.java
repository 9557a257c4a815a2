package ai.lacuna.cli;

import ai.lacuna.text.NearMatches;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** The parsed arguments of a command, with values checked and named in errors. */
final class Arguments {
  /** What no shell reads anything into. */
  private static final Pattern PLAIN = Pattern.compile("[\\w@%+=:,./-]+");

  /** The greatest number that is less than 1, for shares that must leave something. */
  static final double BELOW_ONE = Math.nextDown(1.0);

  private final CommandLine line;
  private final Options options;

  /**
   * Wraps what was typed.
   *
   * @param line the parsed words
   * @param options what could have been typed
   */
  Arguments(CommandLine line, Options options) {
    this.line = line;
    this.options = options;
  }

  /** An option that takes a value. */
  static Option value(String name, String argument, String description) {
    return Option.builder().longOpt(name).hasArg().argName(argument).desc(description).get();
  }

  /** An option that stands alone. */
  static Option flag(String name, String description) {
    return Option.builder().longOpt(name).desc(description).get();
  }

  /** Whether an option without a value was given. */
  boolean has(String option) {
    return line.hasOption(option);
  }

  /** What stands on the line besides options. */
  List<String> positional() {
    return line.getArgList();
  }

  /**
   * Refuses anything besides options.
   *
   * @throws UsageException if there is something
   */
  void requireNoPositional() {
    if (!positional().isEmpty()) {
      throw new UsageException(
          positional().get(0) + ": expected options only; '--help' lists them");
    }
  }

  /**
   * The command as it was given, for a record of how to repeat it.
   *
   * @param command the command's name
   * @param without options to leave out
   */
  String repeated(String command, Set<String> without) {
    StringBuilder text = new StringBuilder(command);
    for (Option option : line.getOptions()) {
      if (!without.contains(option.getLongOpt())) {
        text.append(" --").append(option.getLongOpt());
        String value = option.getValue();
        if (value != null) {
          text.append(' ').append(quoted(value));
        }
      }
    }
    positional().forEach(word -> text.append(' ').append(quoted(word)));
    return text.toString();
  }

  /** A word as a shell takes it, in quotes where it would read something else. */
  static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /** All values of an option that may be repeated, in order. */
  List<String> all(String option) {
    String[] values = line.getOptionValues(option);
    return values == null ? List.of() : List.of(values);
  }

  /** The options as they were typed, for another command to parse. */
  List<String> words(Set<String> without) {
    List<String> words = new ArrayList<>();
    for (Option option : line.getOptions()) {
      if (!without.contains(option.getLongOpt())) {
        words.add("--" + option.getLongOpt());
        if (option.getValue() != null) {
          words.add(option.getValue());
        }
      }
    }
    return words;
  }

  /**
   * Parses words.
   *
   * @throws UsageException if they are not among the options
   */
  static Arguments parse(Options options, List<String> words) {
    try {
      return new Arguments(
          new DefaultParser().parse(options, words.toArray(String[]::new)), options);
    } catch (ParseException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  /**
   * An option's value, empty if it was not given.
   *
   * @throws UsageException if it was given more than once: either value may be meant
   */
  Optional<String> find(String option) {
    List<String> values = all(option);
    if (values.stream().distinct().count() > 1) {
      throw new UsageException(
          "--%s: expected one value, found %s; leave the others out"
              .formatted(option, String.join(" and ", values)));
    }
    return values.stream().findFirst();
  }

  /** An option's value, or a default. */
  String text(String option, String otherwise) {
    return find(option).orElse(otherwise);
  }

  /**
   * An option's value.
   *
   * @throws UsageException if it was not given
   */
  String require(String option) {
    return find(option)
        .orElseThrow(
            () ->
                new UsageException(
                    "--%s: expected a value, found none; give %s"
                        .formatted(option, Help.typed(options.getOption(option)))));
  }

  /**
   * A path, which need not exist, or a default.
   *
   * @throws UsageException if the text is no path
   */
  Path path(String option, String otherwise) {
    return path(text(option, otherwise));
  }

  /**
   * Reads a path that need not exist.
   *
   * @throws UsageException if the text is no path
   */
  static Path path(String text) {
    try {
      return Path.of(text);
    } catch (java.nio.file.InvalidPathException e) {
      throw new UsageException(text + ": expected a path; " + e.getReason());
    }
  }

  /**
   * A path of something that is there.
   *
   * @throws UsageException if it is not
   */
  static Path existing(String text) {
    Path path = path(text);
    if (!Files.exists(path)) {
      if (text.matches("\\w+://.*")) {
        throw new UsageException(
            text + ": expected a file or folder, found an address; download it, and give the file");
      }
      throw new UsageException(path + ": no such file or directory; check the path");
    }
    return path;
  }

  /**
   * A whole number, or a default.
   *
   * @throws UsageException if it is no whole number, or less than {@code least}
   */
  int integer(String option, int otherwise, int least) {
    Optional<String> text = find(option);
    if (text.isEmpty()) {
      return otherwise;
    }
    try {
      int value = Integer.parseInt(text.get());
      if (value >= least) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below, in the same words as for a number out of range.
    }
    boolean large = text.get().matches("\\+?\\d{10,}");
    String range = large ? "from " + least + " to " + Integer.MAX_VALUE : "of at least " + least;
    throw new UsageException(
        "--" + option + ": expected a whole number " + range + ", found " + text.get());
  }

  /**
   * One of a few words: the constants of an enum in lower case, or a default.
   *
   * @throws UsageException if it is no such word
   */
  <E extends Enum<E>> E choice(String option, E otherwise) {
    Optional<String> text = find(option);
    if (text.isEmpty()) {
      return otherwise;
    }
    List<String> known = new ArrayList<>();
    for (E constant : otherwise.getDeclaringClass().getEnumConstants()) {
      String word = constant.name().toLowerCase(Locale.ROOT);
      if (word.equals(text.get())) {
        return constant;
      }
      known.add(word);
    }
    String hint = NearMatches.question(text.get(), known);
    throw new UsageException(
        "--"
            + option
            + ": expected one of "
            + String.join(", ", known)
            + ", found "
            + text.get()
            + (hint.isEmpty() ? "" : "; " + hint));
  }

  /**
   * A number, or a default.
   *
   * @throws UsageException if it is no number, or outside {@code least} to {@code most}
   */
  double number(String option, double otherwise, double least, double most) {
    Optional<String> text = find(option);
    if (text.isEmpty()) {
      return otherwise;
    }
    try {
      double value = Double.parseDouble(text.get());
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below, in the same words as for a number out of range.
    }
    throw new UsageException(
        "--" + option + ": expected a number " + range(least, most) + ", found " + text.get());
  }

  private static String range(double least, double most) {
    String from = least == Double.MIN_VALUE ? "above 0" : "of at least " + plain(least);
    if (most == Double.MAX_VALUE) {
      return from;
    }
    return from + (most == BELOW_ONE ? " and below 1" : " and at most " + plain(most));
  }

  /** A number as a person writes it: 0, not 0.0. */
  private static String plain(double value) {
    return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }
}
