package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.SpreadSamples;
import ai.lacuna.engine.Devices;
import ai.lacuna.graph.Precision;
import ai.lacuna.monitor.Monitor;
import ai.lacuna.monitor.Preflight;
import ai.lacuna.monitor.RunMetrics;
import ai.lacuna.pretrain.FrozenNetwork;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.Pretrainer;
import ai.lacuna.pretrain.PretrainerBuilder;
import ai.lacuna.run.Progress;
import ai.lacuna.run.TrainingRun;
import ai.lacuna.text.Counted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.cli.Options;

/** {@code lacuna pretrain}: trains a masked autoencoder on images; labels are not looked at. */
final class Pretrain implements Command {
  private static final double LONG_SECONDS = 600;

  @Override
  public String name() {
    return "pretrain";
  }

  @Override
  public String summary() {
    return "pretrain a masked autoencoder on images, without labels";
  }

  @Override
  public String usage() {
    return "--data DATA --out DIR [options]";
  }

  @Override
  public String details() {
    return """
        DATA is fashion-mnist, fashion-mnist-sample, or a folder: of images, in
        folders to any depth; of shards (WebDataset .tar or .tar.gz, TFRecord); of an
        LMDB environment; of the four IDX files; or with folders train and test of
        these. A pattern such as 'train-{000..099}.tar' names shards too.
        A run that was stopped goes on when started again on the same directory.
        The directory receives config.json, environment.json, data.json,
        metrics.jsonl, checkpoints, pictures and report.html, written anew after each
        epoch. 'lacuna probe --encoder DIR' judges the encoder, 'lacuna replay'
        computes a step of the run again.

          lacuna pretrain --data fashion-mnist --out runs/mae --epochs 16
        """;
  }

  @Override
  public Options options() {
    Options options =
        new Options()
            .addOption(Arguments.value("data", "DATA", "the images; the training part is used"))
            .addOption(
                Arguments.flag("preflight", "say what the run will be and take, and do not begin"));
    RunOptions.addTo(options);
    MonitorOptions.addTo(options);
    PretrainOptions.addTo(options);
    return options;
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    arguments.requireNoPositional();
    String source = arguments.require("data");
    Path out = Arguments.path(arguments.require("out"));
    List<Device> devices = RunOptions.devices(arguments);
    Device device = devices.get(0);
    PretrainConfig config = PretrainOptions.read(arguments, source);
    if (config.numerics().precision() == Precision.FLOAT16 && !devices.get(0).isGpu()) {
      terminal.line("float16 works on a CPU, but slowly: bfloat16 is several times as fast there");
    }
    sayPadding(arguments, config, terminal);
    String command = "./lacuna " + arguments.repeated(name(), Set.of("debug"));
    MonitorOptions watched = MonitorOptions.read(arguments, config, device, command, terminal);
    ImageDataset images = watched.train();
    sayColour(arguments, config, images, terminal);
    Optional<FrozenNetwork> network = PerceptualNetworks.find(config, device);
    boolean only = arguments.has("preflight");
    if (only || isLong(config, images, device, out)) {
      Preflight flight =
          Preflight.of(
              config,
              images,
              device,
              b -> {
                b.maxCorrupt(RunOptions.maxCorrupt(arguments));
                network.ifPresent(b::perceptual);
              });
      PreflightText.print(only ? terminal.out() : terminal.err(), config, flight);
    }
    if (only) {
      return 0;
    }
    PretrainerBuilder builder =
        RunOptions.apply(
            arguments, devices, Pretrainer.builder(config, images).source(watched.source()));
    network.ifPresent(builder::perceptual);
    int limit = RunOptions.limit(arguments);
    long started = System.nanoTime();
    TrainingRun.Result result;
    try (Monitor monitor = watched.monitor().build();
        EpochWatch watch = new EpochWatch(terminal, "pretraining", limit, false)) {
      result = builder.progress(Progress.of(List.of(watch, monitor))).build().run();
    }
    double loss =
        Double.isNaN(result.loss()) // An earlier process did all.
            ? RunMetrics.read(out).lastLoss().orElse(Double.NaN)
            : result.loss();
    terminal.line(
        "%s, loss %.4f, %s on %s",
        Counted.of(result.step(), "step"),
        loss,
        ProgressBar.seconds(System.nanoTime() - started),
        Devices.names(devices));
    terminal.line("run: %s", out);
    terminal.line("report: %s", out.resolve("report.html"));
    return 0;
  }

  /** Where whole patches need a larger input than was asked for. */
  private static void sayPadding(Arguments arguments, PretrainConfig config, Terminal terminal) {
    int height = config.vit().imageHeight();
    int width = config.vit().imageWidth();
    arguments
        .find("image-size")
        .map(text -> ImageSize.parse("image-size", text))
        .filter(asked -> asked.height() != height || asked.width() != width)
        .ifPresent(
            asked ->
                terminal.line(
                    "%d x %d is padded to %d x %d, whole patches of %d",
                    asked.height(), asked.width(), height, width, config.vit().patchSize()));
  }

  /** Where the model that nobody chose channels for is one of grey images, and these are not. */
  private static void sayColour(
      Arguments arguments, PretrainConfig config, ImageDataset images, Terminal terminal) {
    if (config.vit().channels() > 1 || arguments.has("channels") || arguments.has("config")) {
      return;
    }
    SpreadSamples.unnamed(
        images,
        1,
        sample -> {
          if (sample.pixels().channels() > 1) {
            terminal.line(
                "the images are in colour, the network takes grey ones; --channels 3 keeps it");
          }
        });
  }

  /** A long run says what it will be; one that goes on has said so before. */
  private static boolean isLong(
      PretrainConfig config, ImageDataset images, Device device, Path out) {
    return !Files.exists(out.resolve("config.json"))
        && Preflight.leastSeconds(config, images.size(), device) > LONG_SECONDS;
  }
}
