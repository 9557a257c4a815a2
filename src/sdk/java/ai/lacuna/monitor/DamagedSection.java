package ai.lacuna.monitor;

import ai.lacuna.report.Html;
import ai.lacuna.text.Counted;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * What a run's page says of damaged images that others stood in for.
 *
 * @param newest how many in the newest epoch that ended
 * @param all how many in all epochs: one image counts in each
 * @param reasons what was wrong, each once, in the order of the record
 */
record DamagedSection(long newest, long all, Set<String> reasons) {
  private static final int SHOWN = 20;

  /** Reads it from the lines of a run; an epoch that was stopped within has several. */
  static DamagedSection of(RunMetrics metrics) {
    Map<Integer, Long> counts = new LinkedHashMap<>();
    Set<String> reasons = new LinkedHashSet<>();
    long newest = 0;
    for (JsonObject line : metrics.lines()) {
      OptionalDouble epoch = RunMetrics.number(line, "epoch");
      OptionalDouble skipped = RunMetrics.number(line, "skipped");
      if (RunMetrics.isOf("epoch", line) && epoch.isPresent() && skipped.isPresent()) {
        newest = (long) skipped.getAsDouble();
        counts.put((int) epoch.getAsDouble(), newest);
      } else if (RunMetrics.isOf("damaged", line)
          && line.get("images") instanceof JsonArray images) {
        for (JsonElement image : images) {
          if (image.isJsonPrimitive()) {
            reasons.add(image.getAsString());
          }
        }
      }
    }
    return new DamagedSection(
        newest, counts.values().stream().mapToLong(Long::longValue).sum(), reasons);
  }

  /** Nothing where no image was damaged. */
  void appendTo(RunPage page) {
    if (all == 0) {
      return;
    }
    page.section("Damaged images");
    Html html = page.html();
    html.element(
        "p",
        "Others stood in for images that cannot be read: for %s in the newest epoch, %s over all"
                .formatted(Counted.of(newest, "image"), Counted.of(all, "time"))
            + " epochs.");
    List<List<String>> rows = reasons.stream().limit(SHOWN).map(reason -> List.of(reason)).toList();
    if (!rows.isEmpty()) {
      html.table(List.of("What was found"), rows);
    }
    if (reasons.size() > SHOWN) {
      html.element("p", "These are the first; metrics.jsonl and the log have more.");
    }
    html.raw("</section>\n");
  }
}
