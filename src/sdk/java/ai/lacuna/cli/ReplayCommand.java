package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.engine.Devices;
import ai.lacuna.masking.Mask;
import ai.lacuna.pretrain.FrozenNetwork;
import ai.lacuna.pretrain.Replay;
import ai.lacuna.run.Progress;
import ai.lacuna.text.Counted;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.Options;

/** {@code lacuna replay}: computes one step of a pretraining run again. */
final class ReplayCommand implements Command {
  private static final int IDS_SHOWN = 8;

  @Override
  public String name() {
    return "replay";
  }

  @Override
  public String summary() {
    return "compute one step of a run again: its batch, masks and loss";
  }

  @Override
  public String usage() {
    return "--run DIR --step N [options]";
  }

  @Override
  public String details() {
    return """
        Trains again from the newest checkpoint before the step, or from the seed,
        without touching the run, with as many replicas and threads; compares the loss
        with the recorded one (pretrain --log-every 1 records each). Exit code 1 when
        they differ. A step that was not finite, or was gone back from, is computed as
        it was the first time.

          lacuna replay --run runs/mae --step 1200 --out step-1200
        """;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.value("run", "DIR", "the directory of a pretraining run"))
        .addOption(Arguments.value("step", "N", "which step, from 1"))
        .addOption(Arguments.value("data", "DATA", "the images (where the run found them)"))
        .addOption(
            Arguments.value("out", "DIR", "where batch.png and step.json go (nothing is written)"))
        .addOption(
            Arguments.value("device", "NAME", "of all replicas: cpu, cuda, cuda:N or auto (auto)"));
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    arguments.requireNoPositional();
    Path run = Arguments.existing(arguments.require("run"));
    arguments.require("step");
    int step = arguments.integer("step", 1, 1);
    ImageDataset data = images(arguments, run);
    Device device = Devices.parse(arguments.text("device", "auto"));
    Optional<FrozenNetwork> network = PerceptualNetworks.ofRun(run, device);
    Replay.Replayed replayed;
    try (ProgressBar bar = terminal.progress("training again", step)) {
      Progress watch =
          new Progress() {
            @Override
            public void onStep(Step done) {
              bar.update(done.step());
            }
          };
      replayed = Replay.of(run, step, data, device, watch, b -> network.ifPresent(b::perceptual));
    }
    terminal.line(
        "step %,d: epoch %d, from %s, %s computed",
        replayed.step(),
        replayed.epoch() + 1,
        replayed.from() == 0 ? "the seed" : "checkpoint-" + replayed.from(),
        Counted.of(replayed.step() - replayed.from(), "step"));
    terminal.line("images   %s", ids(replayed.batch().ids()));
    terminal.line("loss     %s, %s", replayed.loss(), verdict(replayed));
    if (arguments.has("out")) {
      write(replayed, Arguments.path(arguments.require("out")), terminal);
    }
    return replayed.recorded().isPresent() && !replayed.same() ? 1 : 0;
  }

  /** What the run was trained on: where it found it, or where it is now. */
  private static ImageDataset images(Arguments arguments, Path run) throws IOException {
    Optional<String> known = Replay.sourceOf(run);
    Optional<String> now = arguments.find("data");
    if (now.isPresent()) {
      return MonitorOptions.open(MonitorOptions.moved(known.orElse(""), now.get()));
    }
    try {
      return MonitorOptions.open(known.orElseThrow(() -> unknown(run)));
    } catch (DataException e) {
      throw new UsageException(
          run + ": " + e.getMessage() + "; if the images were moved, name their place with --data");
    }
  }

  private static UsageException unknown(Path run) {
    return new UsageException(
        run
            + (Files.isRegularFile(run.resolve("config.json"))
                ? ": does not say what it was trained on; name it with --data"
                : ": expected a pretraining run with config.json, found none; give its"
                    + " directory"));
  }

  private static String ids(long[] ids) {
    List<String> shown = Arrays.stream(ids).limit(IDS_SHOWN).mapToObj(Long::toString).toList();
    return String.join(" ", shown)
        + (ids.length > IDS_SHOWN
            ? String.format(Locale.ROOT, " and %,d more", ids.length - IDS_SHOWN)
            : "");
  }

  private static String verdict(Replay.Replayed step) {
    if (!step.notFinite().isEmpty()) {
      return step.notFinite();
    }
    if (step.recorded().isEmpty()) {
      return "not recorded at this step";
    }
    return step.same()
        ? "the recorded one, bit for bit"
        : "but recorded was " + step.recorded().getAsDouble();
  }

  private static void write(Replay.Replayed step, Path out, Terminal terminal) throws IOException {
    Files.createDirectories(out);
    Path picture = out.resolve("batch.png");
    BatchPicture.write(step, picture);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("step", step.step());
    json.put("epoch", step.epoch());
    if (Double.isFinite(step.loss())) {
      json.put("loss", step.loss()); // JSON has no other numbers.
    }
    List<Map<String, Object>> samples = new ArrayList<>();
    for (int i = 0; i < step.masks().size(); i++) {
      Map<String, Object> sample = new LinkedHashMap<>();
      sample.put("id", step.batch().ids()[i]);
      sample.put("removed", removed(step.masks().get(i)));
      samples.add(sample);
    }
    json.put("samples", samples);
    Path file = out.resolve("step.json");
    Files.writeString(file, new GsonBuilder().setPrettyPrinting().create().toJson(json) + "\n");
    terminal.line("written  %s and %s", picture, file);
  }

  /** A digit for each patch, row by row: 1 = removed. */
  private static String removed(Mask mask) {
    StringBuilder digits = new StringBuilder();
    for (int patch = 0; patch < mask.size(); patch++) {
      digits.append(mask.removed(patch) ? '1' : '0');
    }
    return digits.toString();
  }
}
