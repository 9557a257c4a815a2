package ai.lacuna.zoo;

import java.util.List;

/**
 * What was measured of an entry's weights and exports, in its card.
 *
 * @param entry the entry
 * @param text where it is written
 */
record CardFigures(ZooEntry entry, CardText text) {
  void evaluation() {
    List<ZooResult> results = entry.results();
    text.heading("Evaluation");
    if (results.isEmpty()) {
      text.line("No figures have been recorded for these weights.");
      text.line("");
      return;
    }
    text.line("| task | protocol | data | metric | value | time |");
    text.line("| --- | --- | --- | --- | --- | --- |");
    for (ZooResult result : results) {
      Measurement m = result.measurement();
      text.line(
          "| %s | %s | %s, %s, %,d images | %s | %s %s | %s |",
          m.task(),
          m.protocol(),
          m.data().dataset(),
          m.data().split(),
          m.data().images(),
          m.figure().metric(),
          CardText.number(m.figure().value()),
          m.figure().unit(),
          Durations.of(result.run().seconds()));
    }
    text.line("");
    text.line("The commands that give these figures, and where they were run:");
    text.line("");
    results.stream()
        .map(ZooResult::run)
        .map(run -> "`" + run.command() + "` (" + run.machine() + ", " + run.date() + ")")
        .distinct()
        .forEach(command -> text.line("- %s", command));
    text.line("");
  }

  void studies() {
    List<ZooStudy> studies = entry.studies();
    if (studies.isEmpty()) {
      return;
    }
    text.line("Repeated with several seeds, accuracy (mean ± standard deviation) by the number of");
    text.line("labelled images:");
    text.line("");
    text.lines(StudyTable.of(studies));
    text.line("");
    for (ZooStudy study : studies) {
      text.line(
          "- %s, %,d labelled images: %s; %s, %s, %,d images; `%s` (the first seed; %s, %s)",
          study.method(),
          study.labels(),
          study.particulars(),
          study.data().dataset(),
          study.data().split(),
          study.data().images(),
          study.run().command(),
          study.run().machine(),
          study.run().date());
    }
    text.line("");
  }

  void exports() {
    List<ZooExport> exports = entry.listing().exports();
    if (exports.isEmpty()) {
      return;
    }
    text.line("### Exports");
    text.line("");
    text.line(
        "| runtime | file | MB | largest difference from DJL | one image | %d images |",
        exports.get(0).batch());
    text.line("| --- | --- | --- | --- | --- | --- |");
    for (ZooExport export : exports) {
      text.line(
          "| %s | `%s` | %.1f | %.1e | %.1f ms | %.0f ms |",
          export.runtime(),
          export.file(),
          export.bytes() / 1e6,
          export.maxAbsError(),
          export.milliseconds(),
          export.batchMilliseconds());
    }
    text.line("");
    ZooResult.Run run = exports.get(0).run();
    text.line("`%s` (%s, %s); features, median times.", run.command(), run.machine(), run.date());
    text.line("");
  }

  void picture() {
    if (entry.picture().isEmpty()) {
      return;
    }
    text.line("### Reconstructions");
    text.line("");
    text.line("Test images, what the encoder saw of them, and what the decoder made of that:");
    text.line("");
    text.line("![Original, masked and reconstructed images](%s.png)", entry.name());
    text.line("");
  }
}
