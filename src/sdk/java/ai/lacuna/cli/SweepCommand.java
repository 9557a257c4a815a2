package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.data.DataException;
import ai.lacuna.data.HeldOut;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.LabelledData;
import ai.lacuna.engine.Devices;
import ai.lacuna.pretrain.FrozenNetwork;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.PretrainerBuilder;
import ai.lacuna.run.Progress;
import ai.lacuna.sweep.Score;
import ai.lacuna.sweep.Sweep;
import ai.lacuna.sweep.SweepTable;
import ai.lacuna.sweep.Variant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.commons.cli.Options;

/** {@code lacuna sweep}: short pretraining runs over a grid of options, compared. */
final class SweepCommand implements Command {
  private static final Set<String> NOT_OF_A_RUN =
      Set.of("vary", "out", "data", "val-share", "device", "max-steps", "debug");

  @Override
  public String name() {
    return "sweep";
  }

  @Override
  public String summary() {
    return "compare short pretraining runs over a grid of options";
  }

  @Override
  public String usage() {
    return "--data DATA --out DIR --vary OPTION=A,B ... [options]";
  }

  @Override
  public String details() {
    return """
        Every combination of the varied options is a run of 'lacuna pretrain' in a
        folder of its own below DIR; the other options hold for all. All runs hold out
        the same images and are scored by their masked loss and, with labels, by a
        linear probe and k-NN on training images. Losses of different targets (pixels
        or normalised pixels, patch size, loss) are not comparable; accuracies are. A
        flag is varied by yes and no. A sweep that was stopped goes on when started
        again; runs that are done are skipped.

          lacuna sweep --data fashion-mnist-sample --out sweep --epochs 3 --lr 1.5e-3 \\
              --vary mask-ratio=0.5,0.75 --vary decoder-depth=1,2
        """;
  }

  @Override
  public Options options() {
    Options options =
        new Options()
            .addOption(Arguments.value("data", "DATA", "the images; the training part is used"))
            .addOption(
                Arguments.value("out", "DIR", "the sweep's directory; resumed if it has one"))
            .addOption(
                Arguments.value(
                    "vary", "OPTION=A,B", "values to try of an option; may be repeated"))
            .addOption(Arguments.value("val-share", "S", "share of the images held out (0.1)"))
            .addOption(
                Arguments.value(
                    "max-steps", "N", "steps of each run; without --epochs the recipe ends there"))
            .addOption(Arguments.value("device", "NAME", "cpu, cuda, cuda:N or auto (auto)"));
    addRunTo(options);
    return options;
  }

  /** Those that a run takes too. */
  private static void addRunTo(Options options) {
    RunOptions.addSharedTo(options);
    PretrainOptions.addTo(options);
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    arguments.requireNoPositional();
    String source = arguments.require("data");
    Path out = Arguments.path(arguments.require("out"));
    if (Files.exists(out.resolve("config.json"))) {
      throw new UsageException(
          out + ": expected a new folder or that of a sweep, found a run; choose another");
    }
    Device device = Devices.parse(arguments.text("device", "auto"));
    List<SweepGrid.Axis> axes = SweepGrid.axes(arguments.all("vary"));
    double share = arguments.number("val-share", 0.1, 0, 1);
    double maxCorrupt = RunOptions.maxCorrupt(arguments);
    int limit = arguments.integer("max-steps", 0, 1);
    ImageDataset images = ImageDataset.open(source);
    RunOptions.requireOutside(images, out);
    HeldOut parts = parts(source, images, share, terminal);
    List<Variant> variants = new ArrayList<>();
    for (Map<String, String> point : SweepGrid.points(axes)) {
      variants.add(variant(arguments, source, out, share, limit, parts, point));
    }
    String kept = MonitorOptions.source(source, share);
    Sweep sweep = new Sweep(out, parts, kept, device, maxCorrupt);
    OptionalLong most = limit > 0 ? OptionalLong.of(limit) : OptionalLong.empty();
    return run(arguments, sweep, variants, most, terminal);
  }

  /** Divided as without classes, so that a sweep begun before goes on with the same images. */
  private static HeldOut parts(String source, ImageDataset plain, double share, Terminal terminal)
      throws IOException {
    try {
      ImageDataset labelled = HeldOut.isLabelled(plain) ? plain : LabelledData.openTraining(source);
      return HeldOut.ofSame(labelled, plain, share);
    } catch (DataException e) {
      terminal.err().println("lacuna: without linear probe and k-NN: " + e.getMessage());
      return HeldOut.of(plain, share);
    }
  }

  private int run(
      Arguments arguments,
      Sweep sweep,
      List<Variant> variants,
      OptionalLong most,
      Terminal terminal)
      throws IOException {
    String command = "./lacuna " + arguments.repeated(name(), Set.of("debug"));
    SweepTable table = new SweepTable();
    int scored = 0;
    for (Variant variant : variants) {
      if (sweep.find(variant, most).isPresent()) {
        terminal.err().println("  " + variant.name() + ": done before");
      }
      try (ProgressBar bar = terminal.progress(variant.name(), sweep.steps(variant, most))) {
        Optional<FrozenNetwork> network = PerceptualNetworks.find(variant.config(), sweep.device());
        Consumer<PretrainerBuilder> more =
            builder -> {
              RunOptions.applyShared(arguments, builder);
              network.ifPresent(builder::perceptual);
            };
        Score score = sweep.run(variant, most, watch(bar), more);
        bar.update(score.steps());
        table.add(variant, score);
        table.write(sweep.directory(), command);
        scored++;
      } catch (IllegalStateException e) {
        // A loss that is not finite, say, is a result: the others are still worth their time.
        terminal.err().println("lacuna: " + variant.name() + ": " + e.getMessage());
      }
    }
    if (scored > 0) {
      terminal.out().print(table.text());
      terminal.line("report: %s", sweep.directory().resolve("report.html"));
    }
    return scored == variants.size() ? 0 : Failures.UNEXPECTED;
  }

  private Variant variant(
      Arguments arguments,
      String source,
      Path out,
      double share,
      int limit,
      HeldOut parts,
      Map<String, String> point)
      throws IOException {
    Options known = new Options();
    addRunTo(known);
    List<String> words = arguments.words(NOT_OF_A_RUN);
    words.addAll(SweepGrid.words(point));
    Arguments own = Arguments.parse(known, words);
    if (limit > 0 && own.find("epochs").isEmpty() && own.find("config").isEmpty()) {
      int batches = Math.max(1, parts.kept().size() / own.integer("batch-size", 256, 1));
      words.add("--epochs");
      words.add(String.valueOf((limit + batches - 1) / batches));
      own = Arguments.parse(known, words);
    }
    PretrainConfig config;
    try {
      config = PretrainOptions.read(own, source);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--vary " + point + ": " + e.getMessage());
    }
    Variant named = new Variant(point, config, "");
    String command =
        "./lacuna "
            + own.repeated("pretrain", Set.of())
            + " --data "
            + Arguments.quoted(source)
            + " --val-share "
            + share
            + (limit > 0 ? " --max-steps " + limit : "")
            + " --out "
            + Arguments.quoted(out.resolve(named.name()).toString());
    return new Variant(point, config, command);
  }

  private static Progress watch(ProgressBar bar) {
    return new Progress() {
      @Override
      public void onStep(Step step) {
        bar.update(step.step(), String.format(Locale.ROOT, "loss %.4f", step.loss()));
      }
    };
  }
}
