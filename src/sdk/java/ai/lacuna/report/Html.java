package ai.lacuna.report;

import ai.lacuna.serving.Pixels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Writes well-formed HTML; every text passes through {@link #escape}. */
public final class Html {
  private final StringBuilder text = new StringBuilder();

  /**
   * Appends markup as it is.
   *
   * @param markup well-formed, every text in it escaped
   * @return this
   */
  public Html raw(String markup) {
    text.append(markup);
    return this;
  }

  /**
   * Appends an element without attributes that holds text.
   *
   * @param name the element's name
   * @param content its text
   * @return this
   */
  public Html element(String name, String content) {
    return raw("<" + name + ">" + escape(content) + "</" + name + ">\n");
  }

  /**
   * Appends an element of a class that holds text.
   *
   * @param name the element's name
   * @param cssClass its class
   * @param content its text
   * @return this
   */
  public Html element(String name, String cssClass, String content) {
    return raw("<" + name + " class=\"" + cssClass + "\">" + escape(content) + "</" + name + ">\n");
  }

  /**
   * Appends a picture that travels inside the page.
   *
   * @param pixels the picture
   * @param description what it shows
   * @return this
   */
  public Html image(Pixels pixels, String description) {
    return raw(
        "<img alt=\""
            + escape(description)
            + "\" width=\""
            + pixels.width()
            + "\" height=\""
            + pixels.height()
            + "\" src=\"data:image/png;base64,"
            + Base64.getEncoder().encodeToString(png(pixels))
            + "\"/>\n");
  }

  /**
   * Appends a table whose first column names the rows; the others are right-aligned figures.
   *
   * @param head the columns' names
   * @param rows cells, row by row
   * @return this
   */
  public Html table(List<String> head, List<List<String>> rows) {
    raw("<div class=\"scroll\"><table>\n<thead><tr>");
    head.forEach(cell -> raw("<th scope=\"col\">" + escape(cell) + "</th>"));
    raw("</tr></thead>\n<tbody>\n");
    for (List<String> row : rows) {
      raw("<tr><th scope=\"row\">" + escape(row.get(0)) + "</th>");
      row.stream().skip(1).forEach(cell -> raw("<td>" + escape(cell) + "</td>"));
      raw("</tr>\n");
    }
    return raw("</tbody></table></div>\n");
  }

  @Override
  public String toString() {
    return text.toString();
  }

  /**
   * Makes a text safe to stand between tags and in attributes.
   *
   * @param content any text
   * @return the text without markup
   */
  public static String escape(String content) {
    return content
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /**
   * Writes a number in the page's notation, whatever the locale of the machine.
   *
   * @param format a {@link String#format} of one number
   * @param value the number
   * @return its text
   */
  public static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  /**
   * Writes a small number as a plain decimal: {@code 0.0001}.
   *
   * @param value the number
   * @return its text
   */
  public static String decimal(double value) {
    return new java.math.BigDecimal(String.valueOf(value)).stripTrailingZeros().toPlainString();
  }

  /**
   * Writes a share of 1 as a percentage with one decimal.
   *
   * @param share 0 to 1
   * @return its text
   */
  public static String percent(double share) {
    return number("%.1f %%", 100 * share);
  }

  private static byte[] png(Pixels pixels) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(pixels.toBufferedImage(), "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
