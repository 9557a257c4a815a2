package ai.lacuna.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Draws a {@link Confusion} as tables. */
public final class ConfusionTable {
  /** A matrix of more classes fits no screen; the most frequent confusions are listed instead. */
  private static final int MATRIX_CLASSES = 30;

  private static final int CONFUSIONS = 30;

  private ConfusionTable() {}

  /**
   * Appends the share of each class that was recognised, and beside it what was taken for what: a
   * matrix, or of more than 30 classes the most frequent confusions.
   *
   * @param html where to
   * @param confusion the counts
   */
  public static void appendTo(Html html, Confusion confusion) {
    html.raw("<div class=\"two\">\n<div>\n");
    perClass(html, confusion);
    html.raw("</div>\n<div>\n");
    if (confusion.classNames().size() > MATRIX_CLASSES) {
      html.table(List.of("Image of", "Taken for", "Images"), mostFrequent(confusion));
    } else {
      matrix(html, confusion);
    }
    html.raw("</div>\n</div>\n");
  }

  private static List<List<String>> mostFrequent(Confusion confusion) {
    List<String> names = confusion.classNames();
    List<int[]> pairs = new ArrayList<>();
    for (int label = 0; label < names.size(); label++) {
      for (int taken = 0; taken < names.size(); taken++) {
        if (label != taken && confusion.count(label, taken) > 0) {
          pairs.add(new int[] {label, taken, confusion.count(label, taken)});
        }
      }
    }
    return pairs.stream()
        .sorted(Comparator.comparingInt((int[] pair) -> -pair[2]))
        .limit(CONFUSIONS)
        .map(pair -> List.of(names.get(pair[0]), names.get(pair[1]), String.valueOf(pair[2])))
        .toList();
  }

  /** A bar per class: the share of its images that were recognised. */
  private static void perClass(Html html, Confusion confusion) {
    List<String> names = confusion.classNames();
    html.element("h3", "Recognised, by class");
    html.raw("<table class=\"bars\"><tbody>\n");
    for (int i = 0; i < names.size(); i++) {
      double share = confusion.accuracy(i);
      html.raw(
          "<tr><th scope=\"row\">" + Html.escape(names.get(i)) + "</th><td><span style=\"width:");
      html.raw(Html.number("%.1f", 100 * share) + "%\"></span></td><td>");
      html.raw((confusion.total(i) == 0 ? "–" : Html.percent(share)) + "</td></tr>\n");
    }
    html.raw("</tbody></table>\n");
  }

  /** Rows are what the images are, columns what they were taken for. */
  private static void matrix(Html html, Confusion confusion) {
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
