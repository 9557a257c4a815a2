package ai.lacuna.cli;

import ai.lacuna.data.FashionMnist;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.probe.Evaluation;
import ai.lacuna.probe.ProbeReport;
import ai.lacuna.probe.ProtocolResult;
import ai.lacuna.probe.ProtocolResult.Shots;
import ai.lacuna.serving.Pooling;
import ai.lacuna.text.Counted;
import ai.lacuna.zoo.Measurement;
import ai.lacuna.zoo.ZooResults;
import ai.lacuna.zoo.ZooStudies;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Writes what {@code lacuna probe} found into a zoo's folder. */
final class ProbeRecord {
  private static final Set<String> NOT_REPEATED =
      Set.of("record", "save", "json", "report", "debug");

  private final Arguments arguments;
  private final Path zoo;
  private final Encoder encoder;
  private final int blocks;
  private final String pooling;
  private final String data;

  ProbeRecord(Arguments arguments, Encoder encoder, int blocks) {
    this.arguments = arguments;
    this.zoo = Arguments.existing(arguments.require("record"));
    this.encoder = encoder;
    this.blocks = blocks;
    this.pooling = arguments.text("pooling", Pooling.CLS_MEAN.label());
    this.data = arguments.text("data", FashionMnist.SAMPLE_NAME);
  }

  /**
   * Records a probe.
   *
   * @param reports of the same probe with one seed after the other
   * @param classes how many classes the data has
   */
  void write(List<ProbeReport> reports, int classes) throws IOException {
    ProbeReport first = reports.get(0);
    ProtocolResult result = first.results().get(0);
    if (!result.shots().isEmpty()) {
      study(shots(first, result, classes));
    } else if (reports.size() == 1) {
      single(first, result);
    } else {
      study(List.of(repeated(reports)));
    }
  }

  private void single(ProbeReport report, ProtocolResult result) throws IOException {
    Evaluation test = result.test().orElseThrow();
    Measurement measurement =
        new Measurement(
            "linear-probe",
            "logistic regression on frozen features, "
                + features(report)
                + ", penalty chosen on held-out training images",
            new Measurement.Data(data, "test", test.images()),
            new Measurement.Figure("accuracy", test.top1Percent(), "%"));
    double seconds = report.featureSeconds() + result.seconds();
    ZooResults.record(
        zoo, encoder, measurement, command(), Duration.ofMillis(Math.round(1000 * seconds)));
  }

  private void study(List<ZooStudies.Found> found) throws IOException {
    ZooStudies.record(zoo, encoder.name(), encoder.weights().sha256(), found);
  }

  private ZooStudies.Found repeated(List<ProbeReport> reports) {
    List<Double> accuracies = new ArrayList<>();
    double seconds = 0;
    for (ProbeReport report : reports) {
      accuracies.add(report.results().get(0).test().orElseThrow().top1Percent());
      seconds += report.featureSeconds() + report.results().get(0).seconds();
    }
    int images = reports.get(0).results().get(0).test().orElseThrow().images();
    return new ZooStudies.Found(
        method(),
        features(reports.get(0)) + "; each seed holds out other images to choose the penalty",
        reports.get(0).trainImages(),
        new Measurement.Data(data, "test", images),
        accuracies,
        List.of(),
        command(),
        seconds,
        ZooResults.machine(encoder.device()));
  }

  private List<ZooStudies.Found> shots(ProbeReport report, ProtocolResult result, int classes) {
    List<ZooStudies.Found> all = new ArrayList<>();
    for (Shots shots : result.shots()) {
      all.add(
          new ZooStudies.Found(
              method(),
              result.setting(),
              shots.perClass() * classes,
              new Measurement.Data(data, "test", report.testImages()),
              shots.accuracies().stream().map(a -> Math.round(1e4 * a) / 100.0).toList(),
              List.of(),
              command(),
              report.featureSeconds() + result.seconds(),
              ZooResults.machine(encoder.device())));
    }
    return all;
  }

  private String method() {
    return "frozen, logistic regression, " + pooling;
  }

  private String features(ProbeReport report) {
    return "%s of the last %s%s"
        .formatted(
            pooling,
            Counted.of(blocks, "block"),
            report.mirrored() ? ", mirrored training images added" : "");
  }

  private String command() {
    return "./lacuna " + arguments.repeated("probe", NOT_REPEATED);
  }
}
