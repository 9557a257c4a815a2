package ai.lacuna.cli;

import ai.lacuna.report.Html;
import ai.lacuna.report.Page;
import java.util.Locale;

/** A {@link MaskSheet} as one page: pictures and curves inside it, nothing fetched. */
final class MaskSheetHtml {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 240;
  private static final String[] COLOURS = {"#8a8f96", "#14695b", "#c4522e", "#3d5fa8"};

  private static final String STYLE =
      """
      .masks { border-spacing: 0; width: auto; }
      .masks th { min-width: 15em; max-width: 18em; padding-right: 20px; vertical-align: top; }
      .masks th small { display: block; color: var(--soft); font-weight: 400; }
      .masks td { padding: 6px 4px; text-align: left; vertical-align: top; }
      .masks td.first { padding-left: 22px; }
      .masks img { width: 104px; height: auto; display: block; }
      .masks td small { color: var(--soft); }
      svg.curves { max-width: 100%; height: auto; }
      svg.curves text { font-size: 12px; fill: var(--soft); }
      svg.curves line { stroke: var(--line); }
      main { max-width: 1440px; }
      """;

  private final MaskSheet sheet;
  private final Html html = new Html();

  private MaskSheetHtml(MaskSheet sheet) {
    this.sheet = sheet;
  }

  /** The page. */
  static String of(MaskSheet sheet) {
    return new MaskSheetHtml(sheet).page();
  }

  private String page() {
    html.element("h1", "Masks");
    html.element("p", "lede", sheet.summary() + ". Images: " + sheet.data() + ".");
    html.raw("<div class=\"scroll\"><table class=\"masks\"><tbody>\n");
    originals();
    sheet.rows().forEach(this::row);
    html.raw("</tbody></table></div>\n<section>\n");
    html.element("h2", "Schedules of the ratio");
    html.element(
        "p", "Share of the patches removed, by epoch; one count for all images of an epoch.");
    curves();
    html.raw("</section>\n");
    return Page.of("Lacuna masks", STYLE, html);
  }

  private void originals() {
    html.raw("<tr><th scope=\"row\">original");
    html.element("small", "As the network sees it; below, the epochs side by side.").raw("</th>");
    for (MaskSheet.Subject subject : sheet.subjects()) {
      html.raw("<td class=\"first\">").image(subject.image(), subject.caption()).raw("</td>");
      html.raw("<td colspan=\"" + (sheet.epochs().size() - 1) + "\">");
      html.element("strong", subject.caption());
      for (String count : sheet.counts()) {
        html.raw("<br/>").element("small", count);
      }
      html.raw("</td>");
    }
    html.raw("</tr>\n");
  }

  private void row(MaskSheet.Row row) {
    html.raw("<tr><th scope=\"row\">" + Html.escape(row.strategy()));
    html.element("small", row.sentence()).raw("</th>");
    for (int i = 0; i < row.tiles().size(); i++) {
      for (int e = 0; e < row.tiles().get(i).size(); e++) {
        html.raw(e == 0 ? "<td class=\"first\">" : "<td>");
        String caption = sheet.subjects().get(i).caption();
        html.image(
            row.tiles().get(i).get(e).picture(),
            row.strategy() + " on " + caption + ", epoch " + sheet.epochs().get(e));
        html.raw("</td>");
      }
    }
    html.raw("</tr>\n");
  }

  private void curves() {
    double[] range = sheet.range();
    int last = sheet.curves().get(0).ratios().size() - 1;
    int left = 36;
    html.raw(
        "<svg class=\"curves\" role=\"img\" aria-label=\"ratio by epoch\" viewBox=\"0 0 "
            + (WIDTH + 340)
            + " "
            + (HEIGHT + 44)
            + "\" width=\""
            + (WIDTH + 340)
            + "\">\n");
    int steps = (int) Math.round(10 * (range[1] - range[0]));
    for (int i = 0; i <= steps; i++) {
      double y = 8 + HEIGHT - (double) i * HEIGHT / steps;
      html.raw(format("<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", left, WIDTH, y, y));
      html.raw(format("<text x=\"0\" y=\"%.1f\">%.1f</text>\n", y + 4, range[0] + i / 10.0));
    }
    int every = Math.max(1, (int) Math.ceil(last / 5.0));
    for (int epoch = 0; epoch <= last; epoch += every) {
      double x = left + (double) epoch * (WIDTH - left) / last;
      html.raw(format("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", x, HEIGHT + 28));
      html.raw(epoch + "</text>\n");
    }
    for (int i = 0; i < sheet.curves().size(); i++) {
      MaskSheet.Curve curve = sheet.curves().get(i);
      StringBuilder points = new StringBuilder();
      for (int epoch = 0; epoch <= last; epoch++) {
        double share = (curve.ratios().get(epoch) - range[0]) / (range[1] - range[0]);
        double x = left + (double) epoch * (WIDTH - left) / last;
        points.append(format("%.1f,%.1f ", x, 8 + HEIGHT - share * HEIGHT));
      }
      String stroke = "fill=\"none\" stroke-width=\"2.2\" stroke=\"" + COLOURS[i % COLOURS.length];
      html.raw("<polyline " + stroke + "\" points=\"" + points.toString().strip() + "\"/>\n");
      int y = 22 + 26 * i;
      String key = (WIDTH + 16) + "," + (y - 4) + " " + (WIDTH + 40) + "," + (y - 4);
      html.raw("<polyline " + stroke + "\" points=\"" + key + "\"/>");
      html.raw("<text x=\"" + (WIDTH + 50) + "\" y=\"" + y + "\">");
      html.raw(Html.escape(curve.name() + ", " + curve.text()) + "</text>\n");
    }
    html.raw(
        format("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (WIDTH + left) / 2, HEIGHT + 42));
    html.raw("epoch</text>\n</svg>\n");
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
