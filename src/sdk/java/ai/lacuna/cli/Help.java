package ai.lacuna.cli;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** Lays out help as plain text of at most 80 columns. */
final class Help {
  private static final int WIDTH = 80;

  private Help() {}

  /** The help of {@code lacuna --help}. */
  static String overview(List<Command> commands) {
    StringBuilder text = new StringBuilder();
    text.append("Masked autoencoders for the JVM: pretrain, probe, export and serve.\n\n");
    text.append("usage: lacuna COMMAND [options]\n\n");
    List<String[]> rows = new ArrayList<>();
    for (Command command : commands) {
      rows.add(new String[] {command.name(), command.summary()});
    }
    rows.add(new String[] {"version", "print the version"});
    table(text, rows);
    return text.append("\n'lacuna COMMAND --help' shows a command's options.\n").toString();
  }

  /** The help of {@code lacuna COMMAND --help}. */
  static String of(Command command, Options options) {
    StringBuilder text = new StringBuilder();
    text.append(command.summary())
        .append("\n\nusage: lacuna ")
        .append(command.name())
        .append(' ')
        .append(command.usage());
    text.append("\n\n");
    List<String[]> rows = new ArrayList<>();
    for (Option option : options.getOptions()) {
      rows.add(new String[] {typed(option), option.getDescription()});
    }
    table(text, rows);
    if (!command.details().isEmpty()) {
      text.append('\n').append(command.details().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  /** An option as it is typed, such as {@code --epochs N}. */
  static String typed(Option option) {
    return "--" + option.getLongOpt() + (option.hasArg() ? " " + option.getArgName() : "");
  }

  private static void table(StringBuilder text, List<String[]> rows) {
    int left = 0;
    for (String[] row : rows) {
      left = Math.max(left, row[0].length());
    }
    int indent = left + 4;
    for (String[] row : rows) {
      text.append("  ").append(row[0]).append(" ".repeat(indent - 2 - row[0].length()));
      int column = indent;
      for (String word : row[1].split(" ", -1)) {
        if (column + word.length() > WIDTH) {
          text.append('\n').append(" ".repeat(indent));
          column = indent;
        }
        text.append(column > indent ? " " : "").append(word);
        column += word.length() + 1;
      }
      text.append('\n');
    }
  }
}
