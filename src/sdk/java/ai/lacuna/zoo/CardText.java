package ai.lacuna.zoo;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Markdown, line by line. */
final class CardText {
  private final StringBuilder text = new StringBuilder();

  void table(String what, Map<String, String> rows) {
    line("| %s | value |", what);
    line("| --- | --- |");
    rows.forEach(this::row);
    line("");
  }

  void row(String name, String value) {
    line("| %s | %s |", name, value.replace("|", "\\|"));
  }

  void heading(String title) {
    line("## %s", title);
    line("");
  }

  void list(List<String> sentences) {
    sentences.forEach(sentence -> line("- %s", sentence));
    line("");
  }

  void line(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  /** Adds lines that have their breaks. */
  void lines(String markdown) {
    text.append(markdown);
  }

  /** With two decimals. */
  static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  /** All that was added. */
  @Override
  public String toString() {
    return text.toString();
  }
}
