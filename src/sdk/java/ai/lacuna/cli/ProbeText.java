package ai.lacuna.cli;

import ai.lacuna.probe.Evaluation;
import ai.lacuna.probe.ProbeReport;
import ai.lacuna.probe.ProtocolResult;
import ai.lacuna.probe.ProtocolResult.Shots;
import ai.lacuna.report.Confusion;
import ai.lacuna.text.Columns;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A {@link ProbeReport} as plain text for a terminal. */
final class ProbeText {
  /** More classes are for the page and the JSON file. */
  private static final int CLASSES_SHOWN = 20;

  private ProbeText() {}

  /** Head of the table of protocols. */
  static List<String> head() {
    return List.of("protocol", "test top-1", "95 % interval", "top-5", "held out", "time", "with");
  }

  /** A row of the table per protocol; few images per class have one per number. */
  static List<List<String>> rows(ProbeReport report) {
    List<List<String>> rows = new ArrayList<>();
    for (ProtocolResult result : report.results()) {
      String seconds = String.format(Locale.ROOT, "%.1f s", result.seconds());
      result
          .test()
          .ifPresent(
              test ->
                  rows.add(
                      List.of(
                          result.protocol(),
                          percent(test.top1()),
                          interval(test, report.seed()),
                          tellsTop5(test) ? percent(test.top5()) : "–",
                          result.trials().isEmpty() ? "–" : percent(result.heldOutAccuracy()),
                          seconds,
                          result.setting())));
      for (Shots shots : result.shots()) {
        String spread =
            shots.accuracies().size() < 2
                ? "–"
                : String.format(Locale.ROOT, "± %.2f over draws", 100 * shots.spread());
        String with = shots.perClass() + " per class, " + result.setting();
        rows.add(
            List.of(result.protocol(), percent(shots.mean()), spread, "–", "–", seconds, with));
      }
    }
    return rows;
  }

  /** The whole report. */
  static String of(ProbeReport report) {
    StringBuilder text = new StringBuilder();
    text.append("encoder    ").append(report.encoder()).append('\n');
    text.append(
        String.format(
            Locale.ROOT,
            "images     %,d for training%s, %,d for the test; features %.1f s%n%n",
            report.trainImages(),
            report.mirrored() ? " and their mirror images" : "",
            report.testImages(),
            report.featureSeconds()));
    List<List<String>> table = new ArrayList<>();
    table.add(head());
    table.addAll(rows(report));
    text.append(Columns.of(table));
    report
        .best()
        .test()
        .map(test -> Confusion.of(test.classNames(), test.expected(), test.predicted()))
        .map(test -> classes(report.best().protocol(), test))
        .filter(lines -> !lines.isEmpty())
        .ifPresent(lines -> text.append('\n').append(lines));
    return text.toString();
  }

  /**
   * Right images of each class, and what the others were taken for most often.
   *
   * @param who judged them
   * @return a line for each class, each ended; empty for more than fit on a screen
   */
  static String classes(String who, Confusion test) {
    int classes = test.classNames().size();
    if (classes > CLASSES_SHOWN) {
      return "";
    }
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("class (" + who + ")", "right", "most often taken for"));
    for (int label = 0; label < classes; label++) {
      int other = label == 0 ? 1 : 0;
      for (int taken = 0; taken < classes; taken++) {
        boolean more = test.count(label, taken) > test.count(label, other);
        other = taken != label && more ? taken : other;
      }
      int mistakes = test.count(label, other);
      table.add(
          List.of(
              test.classNames().get(label),
              test.total(label) == 0 ? "–" : percent(test.accuracy(label)),
              mistakes == 0 ? "–" : test.classNames().get(other) + " (" + mistakes + ")"));
    }
    return Columns.of(table);
  }

  /** Of five classes or fewer all are among the first five, whoever judges. */
  static boolean tellsTop5(Evaluation test) {
    return test.classNames().size() > 5;
  }

  /** Two decimals, of a share. */
  static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  /** The interval of an accuracy in percent. */
  static String interval(Evaluation test, long seed) {
    Evaluation.Interval interval = test.interval(ProbeReport.BOOTSTRAP_SAMPLES, seed);
    return String.format(Locale.ROOT, "%.2f – %.2f", 100 * interval.low(), 100 * interval.high());
  }
}
