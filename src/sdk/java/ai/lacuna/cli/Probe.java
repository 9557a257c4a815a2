package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.LabelledData;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.engine.Devices;
import ai.lacuna.probe.FeatureCache;
import ai.lacuna.probe.LinearProbe;
import ai.lacuna.probe.ProbeResult;
import ai.lacuna.serving.Pooling;
import ai.lacuna.zoo.Measurement;
import ai.lacuna.zoo.ZooResults;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.apache.commons.cli.Options;

/** {@code lacuna probe}: what a frozen encoder's features are worth on labelled images. */
final class Probe implements Command {

  @Override
  public String name() {
    return "probe";
  }

  @Override
  public String summary() {
    return "fit a linear classifier on an encoder's frozen features";
  }

  @Override
  public String usage() {
    return "--encoder NAME --data DATA [options]";
  }

  @Override
  public String details() {
    return """
        NAME is an entry of the zoo ('lacuna zoo list') or the directory of a
        pretraining run. DATA is as for 'lacuna pretrain'. The penalty is chosen on a
        tenth of the training images; the test images are looked at once, at the end.

          lacuna probe --encoder vit_micro_patch4_28.mae_fashion_mnist \\
              --data fashion-mnist --save head.safetensors
        """;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.value("encoder", "NAME", "the encoder"))
        .addOption(Arguments.value("data", "DATA", "labelled images (fashion-mnist-sample)"))
        .addOption(Arguments.value("blocks", "N", "take the features of the last N blocks (4)"))
        .addOption(Arguments.value("pooling", "HOW", "cls, mean, cls_mean or cls_grid (cls_mean)"))
        .addOption(Arguments.value("save", "FILE", "write the head, for 'lacuna export --head'"))
        .addOption(
            Arguments.value(
                "record", "ZOO", "write the figures into that zoo's folder, entry NAME"))
        .addOption(Arguments.value("cache", "DIR", "keep the features there"))
        .addOption(Arguments.value("seed", "N", "chooses the images held out (0)"))
        .addOption(Arguments.value("batch-size", "N", "images at once (64)"))
        .addOption(Arguments.value("device", "NAME", "cpu, cuda, cuda:N or auto (auto)"));
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    arguments.requireNoPositional();
    String name = arguments.require("encoder");
    if (arguments.has("record") && arguments.has("cache")) {
      throw new UsageException(
          "--record: expected no --cache beside it, since a cache falsifies the recorded time");
    }
    Device device = Devices.parse(arguments.text("device", "auto"));
    int batchSize = arguments.integer("batch-size", Encoder.DEFAULT_BATCH_SIZE, 1);
    Pooling pooling = Pooling.of(arguments.text("pooling", Pooling.CLS_MEAN.label()));
    try (Encoder loaded = Encoders.load(name, device)) {
      Encoder encoder = loaded.withBatchSize(batchSize);
      LabelledData data = LabelledData.open(arguments.text("data", FashionMnist.SAMPLE_NAME));
      int blocks = arguments.integer("blocks", Math.min(4, encoder.config().depth()), 1);
      LinearProbe.Builder builder =
          LinearProbe.builder(encoder)
              .train(data.train())
              .test(data.test())
              .lastBlocks(blocks)
              .pooling(pooling)
              .seed(arguments.integer("seed", 0, 0));
      if (arguments.has("cache")) {
        builder.cache(FeatureCache.in(arguments.path("cache", "")));
      }
      ProbeResult result;
      try (Stages stages = new Stages(terminal)) {
        result = builder.progress(stages::update).build().run();
      }
      report(terminal, encoder, result);
      if (arguments.has("record")) {
        Path zoo = Arguments.existing(arguments.require("record"));
        record(arguments, zoo, encoder, result, blocks);
        terminal.line("recorded in        %s; 'lacuna zoo cards' renews its model card", zoo);
      }
      if (arguments.has("save")) {
        Path file = arguments.path("save", "");
        result.head().save(file);
        terminal.line("head: %s", file);
      }
    }
    return 0;
  }

  private void record(
      Arguments arguments, Path zoo, Encoder encoder, ProbeResult result, int blocks)
      throws IOException {
    String pooling = arguments.text("pooling", Pooling.CLS_MEAN.label());
    String data = arguments.text("data", FashionMnist.SAMPLE_NAME);
    Measurement measurement =
        new Measurement(
            "linear-probe",
            ("logistic regression on frozen features, %s of the last %d block%s, penalty chosen on"
                    + " held-out training images")
                .formatted(pooling, blocks, blocks == 1 ? "" : "s"),
            new Measurement.Data(data, "test", result.test().images()),
            new Measurement.Figure("accuracy", 100 * result.test().top1(), "%"));
    String command = "./lacuna " + arguments.repeated(name(), Set.of("record", "save", "debug"));
    double seconds = result.featureSeconds() + result.fitSeconds();
    ZooResults.record(
        zoo, encoder, measurement, command, Duration.ofMillis(Math.round(1000 * seconds)));
  }

  private static void report(Terminal terminal, Encoder encoder, ProbeResult result) {
    terminal.line("encoder            %s", encoder.name());
    terminal.line(
        "train accuracy     %.2f %% of %,d images",
        100 * result.train().top1(), result.train().images());
    terminal.line(
        "test accuracy      %.2f %% of %,d images (top 5: %.2f %%)",
        100 * result.test().top1(), result.test().images(), 100 * result.test().top5());
    terminal.line(
        "penalty            C = %s, chosen on held-out training images%s",
        result.c(), result.converged() ? "" : "; the fit had not fully converged");
    terminal.line(
        "time               features %.1f s, fit %.1f s",
        result.featureSeconds(), result.fitSeconds());
  }
}
