package ai.lacuna.sweep;

import ai.djl.Device;
import ai.lacuna.data.HeldOut;
import ai.lacuna.files.FileReplacement;
import ai.lacuna.instruments.Flops;
import ai.lacuna.monitor.Monitor;
import ai.lacuna.monitor.OnlineProbe;
import ai.lacuna.monitor.RunMetrics;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.Pretrainer;
import ai.lacuna.pretrain.PretrainerBuilder;
import ai.lacuna.pretrain.Validation;
import ai.lacuna.run.Progress;
import ai.lacuna.run.RunData;
import ai.lacuna.run.RunFile;
import ai.lacuna.run.TrainingRun;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Runs variants one after the other and scores each; those that have their score are skipped.
 *
 * <pre>{@code
 * Sweep sweep = new Sweep(Path.of("sweep"), HeldOut.of(images, 0.1), "my-images", Device.cpu());
 * for (Variant variant : variants) {
 *   Score score = sweep.run(variant, OptionalLong.of(200), Progress.silent(), builder -> {});
 * }
 * }</pre>
 *
 * @param directory holds a run's directory for each variant
 * @param parts the images; the held-out part judges every variant
 * @param source how the part that is trained on can be found again
 * @param device where the networks run
 * @param maxCorrupt the greatest share of damaged images, 0 to 1, among those that are trained on
 *     and among those that judge
 */
public record Sweep(
    Path directory, HeldOut parts, String source, Device device, double maxCorrupt) {
  private static final int MOST_VALIDATED = 1024;

  /** The usual share of damaged images. */
  private static final double MAX_CORRUPT = 0.01;

  private static final double MEGA = 1e6;
  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().serializeSpecialFloatingPointValues().create();

  /**
   * A sweep over images of which at most a hundredth is damaged.
   *
   * @param directory holds a run's directory for each variant
   * @param parts the images; the held-out part judges every variant
   * @param source how the part that is trained on can be found again
   * @param device where the networks run
   */
  public Sweep(Path directory, HeldOut parts, String source, Device device) {
    this(directory, parts, source, device, MAX_CORRUPT);
  }

  /**
   * Finds the score of a variant that is done.
   *
   * @param variant the variant
   * @param maxSteps the limit of steps, if there is one
   * @return its score; empty if it has none yet, or one of fewer steps, of an earlier version or
   *     without the probes that the images have labels for
   * @throws IllegalArgumentException if its directory holds a run with another configuration, or of
   *     another number of images
   * @throws IOException if it can't be read
   */
  public Optional<Score> find(Variant variant, OptionalLong maxSteps) throws IOException {
    Path run = directory.resolve(variant.name());
    Path file = run.resolve("score.json");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    if (!PretrainConfig.fromJson(Files.readString(run.resolve("config.json")))
        .equals(variant.config())) {
      throw new IllegalArgumentException(
          run + ": holds a run with another configuration; choose another directory");
    }
    RunData here = new RunData(source, parts.kept().size());
    List<String> differences = RunData.find(run).map(here::differences).orElse(List.of());
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          run
              + ": holds a run of other images, whose score is not comparable: "
              + String.join("; ", differences)
              + "; choose another directory");
    }
    JsonObject json = RunFile.object(file, "a score", "remove it", read -> read);
    Score score = RunFile.object(file, "a score", "remove it", Sweep::score);
    boolean probed = !Double.isNaN(score.linear()) || !HeldOut.isLabelled(parts.kept());
    boolean whole = json.has("linear") && probed && score.steps() >= steps(variant, maxSteps);
    return whole ? Optional.of(score) : Optional.empty();
  }

  private static Score score(JsonObject json) {
    Score score = GSON.fromJson(json, Score.class);
    Objects.requireNonNull(score.target());
    return score;
  }

  /**
   * Returns how many steps a variant has.
   *
   * @param variant the variant
   * @param maxSteps the limit of steps, if there is one
   * @return the recipe's steps, or the limit
   */
  public long steps(Variant variant, OptionalLong maxSteps) {
    PretrainConfig.Recipe recipe = variant.config().recipe();
    long steps = (long) (parts.kept().size() / recipe.batchSize()) * recipe.epochs();
    return Math.min(steps, maxSteps.orElse(steps));
  }

  /**
   * Trains and scores a variant, or goes on with one that was stopped.
   *
   * @param variant the variant
   * @param maxSteps the limit of steps, if there is one
   * @param watcher is told of steps and epochs
   * @param more sets what else the pretrainer needs, such as the network of a perceptual loss
   * @return its score, which is also written
   * @throws IOException if data or directory fail
   */
  public Score run(
      Variant variant, OptionalLong maxSteps, Progress watcher, Consumer<PretrainerBuilder> more)
      throws IOException {
    Optional<Score> known = find(variant, maxSteps);
    if (known.isPresent()) {
      return known.get();
    }
    long began = System.nanoTime();
    PretrainConfig config = variant.config();
    Path run = directory.resolve(variant.name());
    Monitor.Builder monitor =
        Monitor.builder(config, run)
            .device(device)
            .maxCorrupt(maxCorrupt)
            .validation(parts.heldOut())
            .command(variant.command());
    TrainingRun.Result result;
    try (Monitor built = monitor.build()) {
      PretrainerBuilder pretrainer =
          Pretrainer.builder(config, parts.kept())
              .source(source)
              .run(run)
              .device(device)
              .maxCorrupt(maxCorrupt)
              .logEvery(logEvery(variant, maxSteps))
              .progress(Progress.of(List.of(watcher, built)));
      maxSteps.ifPresent(pretrainer::maxSteps);
      more.accept(pretrainer);
      result = pretrainer.build().run();
    }
    if (result.step() < steps(variant, maxSteps)) {
      throw new IllegalStateException(
          run + ": stopped at step " + result.step() + "; start the sweep again to go on");
    }
    Validation.Result judged =
        new Validation(config, parts.heldOut(), MOST_VALIDATED, maxCorrupt, device)
            .of(result.weights(), 0);
    Map<String, Double> probed =
        HeldOut.isLabelled(parts.kept())
            ? new OnlineProbe(config, parts, device, EnumSet.allOf(OnlineProbe.Method.class))
                .accuracies(result.weights())
            : Map.of();
    Score score =
        new Score(
            variant.target(),
            result.step(),
            loss(run, result),
            judged.figures().getOrDefault("loss", Double.NaN),
            judged.figures().getOrDefault("psnr", Double.NaN),
            probed.getOrDefault(OnlineProbe.Method.LINEAR.figure(), Double.NaN),
            probed.getOrDefault(OnlineProbe.Method.KNN.figure(), Double.NaN),
            config.network().program().parameters().stream()
                .mapToLong(parameter -> parameter.shape().numel())
                .sum(),
            Flops.of(config.network()).forward() / MEGA,
            (System.nanoTime() - began) / 1e9);
    FileReplacement.write(run.resolve("score.json"), GSON.toJson(score) + "\n");
    return score;
  }

  /** The last epoch's, of the record where an earlier process trained it. */
  private static double loss(Path run, TrainingRun.Result result) throws IOException {
    return Double.isNaN(result.loss())
        ? RunMetrics.read(run).lastLoss().orElse(Double.NaN)
        : result.loss();
  }

  /** A dozen records of a short run, one in fifty steps of a long one. */
  private int logEvery(Variant variant, OptionalLong maxSteps) {
    return (int) Math.max(1, Math.min(50, steps(variant, maxSteps) / 12));
  }
}
