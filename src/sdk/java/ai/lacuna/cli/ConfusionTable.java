package ai.lacuna.cli;

import ai.lacuna.report.Html;
import java.util.List;

/** Draws a {@link Confusion} as tables. */
final class ConfusionTable {
  private ConfusionTable() {}

  /** A bar per class: the share of its images that were recognised. */
  static void perClass(Html html, Confusion confusion) {
    List<String> names = confusion.classNames();
    html.element("h3", "Recognised, by class");
    html.raw("<table class=\"bars\"><tbody>\n");
    for (int i = 0; i < names.size(); i++) {
      double share = confusion.accuracy(i);
      html.raw(
          "<tr><th scope=\"row\">" + Html.escape(names.get(i)) + "</th><td><span style=\"width:");
      html.raw(Html.number("%.1f", 100 * share) + "%\"></span></td><td>");
      html.raw(Html.percent(share) + "</td></tr>\n");
    }
    html.raw("</tbody></table>\n");
  }

  /** Rows are what the images are, columns what they were taken for. */
  static void matrix(Html html, Confusion confusion) {
    List<String> names = confusion.classNames();
    html.element("h3", "Taken for");
    html.raw("<div class=\"scroll\"><table class=\"confusion\">\n<thead><tr><td></td>");
    for (String name : names) {
      html.raw("<th scope=\"col\"><span>" + Html.escape(name) + "</span></th>");
    }
    html.raw("</tr></thead>\n<tbody>\n");
    for (int i = 0; i < names.size(); i++) {
      html.raw("<tr><th scope=\"row\">" + Html.escape(names.get(i)) + "</th>");
      for (int j = 0; j < names.size(); j++) {
        cell(html, confusion.count(i, j), confusion.total(i), i == j);
      }
      html.raw("</tr>\n");
    }
    html.raw("</tbody></table></div>\n");
    html.element("p", "note", "Rows: what the images are. Columns: what they were taken for.");
  }

  private static void cell(Html html, int count, int total, boolean diagonal) {
    if (count == 0) {
      html.raw("<td class=\"none\">·</td>");
      return;
    }
    // Mistakes are few: the square root keeps one in a hundred visible beside ninety.
    double strength = Math.sqrt((double) count / Math.max(total, 1));
    html.raw("<td class=\"" + (diagonal ? "hit" : "miss") + "\" style=\"--s:");
    html.raw(Html.number("%.2f", strength) + "\">" + count + "</td>");
  }
}
