package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.engine.Devices;
import ai.lacuna.graph.Precision;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.Pretrainer;
import ai.lacuna.pretrain.Progress;
import ai.lacuna.pretrain.Retention;
import ai.lacuna.pretrain.Rollback;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.Options;

/** {@code lacuna pretrain}: trains a masked autoencoder on images; labels are not looked at. */
final class Pretrain implements Command {

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
        The directory receives config.json, environment.json, data.json, metrics.jsonl
        and checkpoints; 'lacuna probe --encoder DIR' judges them, 'lacuna replay'
        computes a step of it again.

          lacuna pretrain --data fashion-mnist --out runs/mae --epochs 16
        """;
  }

  @Override
  public Options options() {
    Options options =
        new Options()
            .addOption(Arguments.value("data", "DATA", "the images; the training part is used"))
            .addOption(Arguments.value("out", "DIR", "the run's directory; resumed if it has one"))
            .addOption(Arguments.value("device", "NAME", "cpu, cuda, cuda:N or auto (auto)"))
            .addOption(
                Arguments.value(
                    "devices",
                    "NAME,..",
                    "in place of --device: a replica on each, which share the batch"))
            .addOption(
                Arguments.flag(
                    "deterministic",
                    "deterministic algorithms only, and the threads that the run began with"))
            .addOption(
                Arguments.value("threads", "N", "threads of one operation on a CPU (libtorch's)"))
            .addOption(Arguments.value("workers", "N", "threads that load images (1)"))
            .addOption(
                Arguments.value(
                    "max-corrupt", "SHARE", "damaged images that are passed over, 0 to 1 (0.01)"))
            .addOption(Arguments.value("log-every", "N", "steps between two records (50)"))
            .addOption(
                Arguments.value(
                    "checkpoint-every", "N", "steps between two checkpoints (an epoch)"))
            .addOption(Arguments.value("keep-last", "N", "newest checkpoints that stay (2)"))
            .addOption(
                Arguments.value("keep-best", "N", "checkpoints of lowest loss that stay (0)"))
            .addOption(
                Arguments.flag("force", "go on with a run under another configuration or data"))
            .addOption(Arguments.value("max-steps", "N", "stop after so many steps of the run"));
    PretrainOptions.addTo(options);
    return options;
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    arguments.requireNoPositional();
    String source = arguments.require("data");
    Path out = Arguments.path(arguments.require("out"));
    List<Device> devices = devices(arguments);
    PretrainConfig config = PretrainOptions.read(arguments, source);
    if (config.numerics().precision() == Precision.FLOAT16 && !devices.get(0).isGpu()) {
      terminal.line("float16 works on a CPU, but slowly: bfloat16 is several times as fast there");
    }
    ImageDataset images = ImageDataset.open(source);
    Pretrainer.Builder builder =
        Pretrainer.builder(config, images)
            .source(source)
            .run(out)
            .devices(devices)
            .deterministic(arguments.has("deterministic"))
            .threads(arguments.integer("threads", 0, 1))
            .workers(arguments.integer("workers", 1, 1))
            .maxCorrupt(arguments.number("max-corrupt", 0.01, 0, 1))
            .logEvery(arguments.integer("log-every", 50, 1))
            .checkpointEvery(arguments.integer("checkpoint-every", 0, 0))
            .retention(
                new Retention(
                    arguments.integer("keep-last", 2, 1), arguments.integer("keep-best", 0, 0)))
            .force(arguments.has("force"));
    PerceptualNetworks.find(config, devices.get(0)).ifPresent(builder::perceptual);
    int limit = arguments.integer("max-steps", 0, 1);
    if (limit > 0) {
      builder.maxSteps(limit);
    }
    int batches = images.size() / config.recipe().batchSize();
    long steps = (long) batches * config.recipe().epochs();
    long started = System.nanoTime();
    Pretrainer.Result result;
    try (ProgressBar bar =
        terminal.progress("pretraining", limit > 0 ? Math.min(limit, steps) : steps)) {
      result = builder.progress(watch(bar)).build().run();
    }
    terminal.line(
        "%,d steps, loss %.4f, %s on %s",
        result.step(),
        result.loss(),
        ProgressBar.seconds(System.nanoTime() - started),
        Devices.names(devices));
    terminal.line("run: %s", out);
    return 0;
  }

  private static List<Device> devices(Arguments arguments) {
    if (arguments.has("device") && arguments.has("devices")) {
      throw new UsageException("--devices: expected no --device beside it; name all in --devices");
    }
    return Devices.parseAll(arguments.text("devices", arguments.text("device", "auto")));
  }

  private static Progress watch(ProgressBar bar) {
    return new Progress() {
      @Override
      public void onStep(Step step) {
        bar.update(
            step.step(),
            String.format(
                Locale.ROOT,
                "epoch %d, loss %.4f, %.0f images/s",
                step.epoch() + 1,
                step.loss(),
                step.imagesPerSecond()));
      }

      @Override
      public void onEpoch(Epoch epoch) {
        bar.update(epoch.step());
      }

      @Override
      public void onRollback(Rollback rollback) {
        bar.line(
            String.format(
                Locale.ROOT,
                "%s; going on from step %d with half the learning rate and without this batch",
                rollback.what(),
                rollback.step()));
      }
    };
  }
}
