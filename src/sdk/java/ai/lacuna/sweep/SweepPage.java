package ai.lacuna.sweep;

import ai.lacuna.report.Html;
import ai.lacuna.report.Page;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** A sweep as a page: a bar for each run's linear probe and masked loss, and all figures. */
final class SweepPage {
  private SweepPage() {}

  /**
   * Draws the page.
   *
   * @param sorted at least one run, the best first
   * @param head of the table
   * @param cells of the table, a line for each run
   * @param command what to type to repeat the sweep
   */
  static String of(
      List<Map.Entry<Variant, Score>> sorted,
      List<String> head,
      List<List<String>> cells,
      String command) {
    Html html = new Html();
    html.raw("<header>\n").raw(Page.mark()).element("p", "kicker", "Lacuna sweep");
    boolean probed = !Double.isNaN(sorted.get(0).getValue().linear());
    html.element("h1", headline(sorted, probed));
    html.element("p", "lede", SweepTable.note(sorted.stream().map(Map.Entry::getValue).toList()));
    html.raw("</header>\n");
    if (probed) {
      html.raw("<section>\n").element("h2", "Linear probe");
      html.element("p", "Accuracy on held-out training images, the best first.");
      bars(html, sorted, Score::linear, Html::percent);
      html.raw("</section>\n");
    }
    losses(html, sorted);
    html.raw("<section>\n").element("h2", "All figures");
    html.table(head, cells);
    html.raw("</section>\n<section>\n").element("h2", "To repeat it");
    html.raw("<pre><code>" + Html.escape(command) + "</code></pre>\n");
    html.element("p", "note", "Each run's folder has a report of its own.");
    html.raw("</section>\n");
    return Page.of("Lacuna sweep", html);
  }

  /** The best run, if there is one: losses of several targets have none. */
  private static String headline(List<Map.Entry<Variant, Score>> sorted, boolean probed) {
    String best = label(sorted.get(0).getKey());
    int targets = targets(sorted).size();
    if (probed || targets == 1) {
      return (probed ? "Best probe: " : "Best loss: ") + best;
    }
    return sorted.size() + " runs of " + targets + " targets, each with losses of its own";
  }

  private static List<String> targets(List<Map.Entry<Variant, Score>> sorted) {
    return sorted.stream().map(row -> row.getValue().target()).distinct().toList();
  }

  /** A group of bars for each target, for only those are comparable. */
  private static void losses(Html html, List<Map.Entry<Variant, Score>> sorted) {
    html.raw("<section>\n").element("h2", "Masked loss");
    html.element("p", "Of the removed patches of held-out images; less is better.");
    List<String> targets = targets(sorted);
    for (String target : targets) {
      if (targets.size() > 1) {
        html.element("h3", target);
      }
      bars(
          html,
          sorted.stream().filter(row -> row.getValue().target().equals(target)).toList(),
          Score::validationLoss,
          loss -> Html.number("%.4f", loss));
    }
    html.raw("</section>\n");
  }

  private static void bars(
      Html html,
      List<Map.Entry<Variant, Score>> rows,
      ToDoubleFunction<Score> figure,
      DoubleFunction<String> text) {
    double most =
        rows.stream()
            .mapToDouble(row -> figure.applyAsDouble(row.getValue()))
            .filter(value -> value > 0 && Double.isFinite(value))
            .max()
            .orElse(1);
    html.raw("<div class=\"scroll\"><table class=\"bars\"><tbody>\n");
    for (Map.Entry<Variant, Score> row : rows) {
      double value = figure.applyAsDouble(row.getValue());
      double share = Double.isFinite(value) ? value / most : 0;
      html.raw("<tr><th scope=\"row\">" + Html.escape(label(row.getKey())));
      html.raw("</th><td><span style=\"width:" + Html.number("%.1f", 100 * share));
      html.raw("%\"></span></td><td>" + Html.escape(text.apply(value)));
      html.raw("</td></tr>\n");
    }
    html.raw("</tbody></table></div>\n");
  }

  private static String label(Variant variant) {
    return variant.varied().entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining(", "));
  }
}
