package ai.lacuna.monitor;

import ai.lacuna.report.ConfusionTable;
import ai.lacuna.report.Html;
import ai.lacuna.serving.Pixels;
import ai.lacuna.text.Counted;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** What a run's page says of the images that its network was judged on at the end. */
final class TestSection {
  private static final Set<String> SHARES =
      Set.of("top1", "top5", "f1", "exact", "miou", "pixelAccuracy");

  private TestSection() {}

  static void appendTo(RunPage page, FineTuneReport.Test test) throws IOException {
    page.section(test.decided() ? "On the held-out images" : "On the test images");
    Html html = page.html();
    html.element(
        "p",
        (test.decided()
                ? "The network that the run leaves, judged once more on the %s that decided which"
                    + " epoch is kept: of new ones, expect a little less."
                : "The network that the run leaves, judged once at the end on %s that had no part"
                    + " in training.")
            .formatted(Counted.of(test.images(), "image")));
    html.raw("<dl class=\"facts three\">\n");
    test.figures().forEach((name, value) -> page.fact(inWords(name, value), meaning(name)));
    html.raw("</dl>\n");
    test.confusion().ifPresent(confusion -> ConfusionTable.appendTo(html, confusion));
    if (!test.classes().isEmpty()) {
      perClass(html, test.classes());
    }
    if (test.sheet().isPresent()) {
      html.raw("<div class=\"sheet\">\n");
      html.image(
          Pixels.read(test.sheet().get()), "Some of the images, their masks and predictions");
      html.raw("</div>\n");
    }
    html.raw("</section>\n");
  }

  /** A bar per class: its intersection over union. */
  private static void perClass(Html html, List<FineTuneReport.ClassIou> classes) {
    html.element("h3", "Intersection over union, by class");
    html.raw("<table class=\"bars\"><tbody>\n");
    for (FineTuneReport.ClassIou each : classes) {
      boolean absent = Double.isNaN(each.iou());
      html.raw("<tr><th scope=\"row\">" + Html.escape(each.name()) + "</th>");
      html.raw("<td><span style=\"width:");
      html.raw(Html.number("%.1f", absent ? 0 : 100 * each.iou()) + "%\"></span></td><td>");
      html.raw((absent ? "–" : Html.number("%.2f %%", 100 * each.iou())) + "</td></tr>\n");
    }
    html.raw("</tbody></table>\n");
    if (classes.stream().anyMatch(each -> Double.isNaN(each.iou()))) {
      html.element("p", "note", "–: neither in the masks nor predicted.");
    }
  }

  private static String inWords(String figure, double value) {
    return SHARES.contains(figure) ? Html.number("%.2f %%", 100 * value) : RunPage.number(value);
  }

  private static String meaning(String figure) {
    return switch (figure) {
      case "top1" -> "top-1";
      case "top5" -> "top-5";
      case "f1" -> "F1 of all labels together";
      case "exact" -> "images with every label right";
      case "mae" -> "mean absolute error";
      case "r2" -> "explained variance";
      case "miou" -> "mean IoU of the classes";
      case "pixelAccuracy" -> "pixels in the right class";
      default -> figure;
    };
  }
}
