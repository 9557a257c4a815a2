package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.data.HeldOut;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Subset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.finetune.FineTuneConfig;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.finetune.FineTuner;
import ai.lacuna.finetune.FineTunerBuilder;
import ai.lacuna.finetune.LabelledImages;
import ai.lacuna.finetune.RateFinder;
import ai.lacuna.finetune.Scores;
import ai.lacuna.finetune.TestScores;
import ai.lacuna.finetune.UnfreezePlan;
import ai.lacuna.monitor.FineTuneReport;
import ai.lacuna.monitor.RunMetrics;
import ai.lacuna.report.Confusion;
import ai.lacuna.report.LineChart.Point;
import ai.lacuna.run.RunData;
import ai.lacuna.text.Counted;
import ai.lacuna.vit.HeadConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.commons.cli.Options;

/** {@code lacuna finetune}: trains a pretrained encoder and a head on labelled images. */
final class FineTuneCommand implements Command {
  private static final double VALIDATION = 0.1;

  @Override
  public String name() {
    return "finetune";
  }

  @Override
  public String summary() {
    return "fine-tune an encoder with a head on labelled images";
  }

  @Override
  public String usage() {
    return "--encoder NAME --data DATA --out DIR [options]";
  }

  @Override
  public String details() {
    return """
        NAME is an entry of the zoo ('lacuna zoo list') or the directory of a run.
        DATA is as for 'lacuna probe'. Each epoch is judged on a tenth of the training
        images that is held out; the best one is kept as DIR/model.safetensors. The
        test images are looked at with --test only, once, at the end. A run that was
        stopped goes on when started again on the same directory. 'lacuna export
        --encoder DIR' exports what it leaves.

        Data without a test part lend it a fifth of each class, always the same.

        The default rate suits large data, as MAE's published ones do. Of small data
        there are few steps: try --find-lr first, whose rate goes into --lr.

        --csv TABLE reads 'path,label' rows, paths below the folder DATA; with --target
        labels the labels of a row are separated by |, with --target values each
        further column is a number to predict. --labels TABLE reads JSON lines,
        {"path": "a/1.png", "label": "coat"}, {"key": "a/1", "labels": ["red", "coat"]}
        or {"path": "a/1.png", "values": {"age": 3.5}}; the .json members of shards are
        read the same way.

          lacuna finetune --encoder vit_micro_patch4_28.mae_fashion_mnist \\
              --data fashion-mnist --out runs/clothes \\
              --plan 'head@1, last2@2, all@7' --rates decay:0.75 --test
        """;
  }

  @Override
  public Options options() {
    Options options =
        new Options()
            .addOption(Arguments.value("encoder", "NAME", "the pretrained encoder"))
            .addOption(Encoders.imageSize())
            .addOption(Arguments.value("data", "DATA", "labelled images"))
            .addOption(
                Arguments.value(
                    "val-share", "S", "share of the training images to judge epochs on (0.1)"))
            .addOption(
                Arguments.value(
                    "label-share", "S", "train on that share of each class's images only (1)"))
            .addOption(
                Arguments.value(LabelOptions.TARGET, "KIND", "classes, labels or values (classes)"))
            .addOption(Arguments.flag("test", "judge the best epoch on the test images at the end"))
            .addOption(
                Arguments.flag(
                    "find-lr",
                    "try learning rates from tiny to huge on the layers of the plan's widest"
                        + " phase, and do not begin; needs no --out"));
    LabelOptions.addTo(options);
    RunOptions.addTo(options);
    TrackerOptions.addTo(options);
    FineTuneOptions.addTo(options);
    return options;
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    arguments.requireNoPositional();
    List<Device> devices = RunOptions.devices(arguments);
    String source = arguments.require("data");
    if (!arguments.has("find-lr")) {
      arguments.require("out");
    }
    LabelledImages train = LabelOptions.train(arguments, source, terminal);
    try (Encoder encoder = Encoders.load(arguments, devices.get(0), terminal)) {
      FineTunerBuilder builder = FineTuner.builder(encoder, some(arguments, train));
      FineTuneOptions.apply(arguments, builder);
      RunOptions.apply(arguments, devices, builder).source(source);
      double share = arguments.number("val-share", VALIDATION, 0, 1);
      if (share > 0) {
        builder.validationShare(share);
      }
      if (arguments.has("find-lr")) {
        FineTuner tuner = builder.build();
        print(terminal, tuner.config().recipe().plan().widest(), tuner.findRate());
        return 0;
      }
      return tune(arguments, terminal, builder, test(arguments, source, train, terminal), devices);
    }
  }

  /** None without --test. */
  private static Optional<LabelledImages> test(
      Arguments arguments, String source, LabelledImages train, Terminal terminal)
      throws IOException {
    return arguments.has("test")
        ? Optional.of(LabelOptions.test(arguments, source, train, terminal))
        : Optional.empty();
  }

  /** A share of each class, drawn by the run's seed. */
  private static LabelledImages some(Arguments arguments, LabelledImages train) throws IOException {
    double share = arguments.number("label-share", 1, 0, 1);
    if (share == 1) {
      return train;
    }
    ImageDataset all = train.images();
    ImageDataset drawn = HeldOut.of(all, share, arguments.integer("seed", 0, 0)).heldOut();
    int[] each = IntStream.range(0, drawn.size()).toArray();
    return new LabelledImages(
        Subset.of(drawn, each, all.name() + ", a share of it"), train.targets());
  }

  private int tune(
      Arguments arguments,
      Terminal terminal,
      FineTunerBuilder builder,
      Optional<LabelledImages> test,
      List<Device> devices)
      throws IOException {
    long started = System.nanoTime();
    JudgedTraining training = new JudgedTraining(arguments, terminal, name(), "fine-tuning");
    FineTuneConfig config = builder.build().config();
    FineTuner.Result result =
        training.watch(
            config.toJson(),
            config.recipe().plan().text(),
            progress -> builder.progress(progress).build().run());
    training.summary(
        result.steps(), System.nanoTime() - started, devices, result.epoch(), result.validation());
    if (test.isPresent()) {
      try (FineTuned model = result.open(devices.get(0))) {
        Scores scores = model.evaluate(test.get());
        terminal.line(
            "test: %s of %s",
            Figures.words(scores.figures()), Counted.of(scores.images(), "image"));
        Optional<Confusion> confusion = confusion(scores);
        confusion.ifPresent(table -> terminal.out().print(ProbeText.classes("test", table)));
        Path run = training.directory();
        testScores(arguments, run, scores).write(run);
        training.report(
            config.recipe().plan().text(),
            new FineTuneReport.Test(
                scores.images(), false, scores.figures(), confusion, List.of(), Optional.empty()));
      }
    }
    training.files();
    return 0;
  }

  /** Of classes. */
  private static Optional<Confusion> confusion(Scores scores) {
    return scores.target() == HeadConfig.Target.CLASSES
        ? Optional.of(
            Confusion.of(
                scores.names(),
                scores.expected().stream().mapToInt(Integer::intValue).toArray(),
                scores.predicted().stream().mapToInt(Integer::intValue).toArray()))
        : Optional.empty();
  }

  private static TestScores testScores(Arguments arguments, Path run, Scores scores)
      throws IOException {
    String command =
        "./lacuna %s --out %s"
            .formatted(
                arguments.repeated("finetune", Set.of("debug", "out")),
                Arguments.quoted("runs/" + run.getFileName()));
    double seconds =
        RunMetrics.read(run).over("epoch", "seconds").stream().mapToDouble(Point::y).sum();
    int labelled = RunData.find(run).map(RunData::images).orElse(0);
    return new TestScores(
        command, arguments.require("data"), labelled, scores.images(), seconds, scores.figures());
  }

  private static void print(Terminal terminal, UnfreezePlan.Phase phase, RateFinder.Curve curve) {
    terminal.line("learning rate    smoothed loss, training the layers of %s", phase.text());
    for (int i = 0; i < curve.points().size(); i += 4) {
      RateFinder.Point point = curve.points().get(i);
      terminal.line("%13.2e    %.4f", point.learningRate(), point.loss());
    }
    String minimum =
        curve.rises()
            ? String.format(Locale.ROOT, "a tenth of the minimum %.2e", curve.minimumOverTen())
            : "and the loss falls to the end";
    terminal.line(
        "steepest %.2e, %s: try --lr %.1e (of 256 images; a step of %d has a rate of %.1e then)",
        curve.steepest(),
        minimum,
        curve.suggestedBaseRate(),
        curve.batchSize(),
        curve.suggestedRate());
  }
}
