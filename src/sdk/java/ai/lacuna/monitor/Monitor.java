package ai.lacuna.monitor;

import ai.djl.Device;
import ai.lacuna.data.HeldOut;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.files.FileReplacement;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.Reconstructions.Reconstruction;
import ai.lacuna.pretrain.Validation;
import ai.lacuna.run.Progress;
import ai.lacuna.serving.Pixels;
import ai.lacuna.weights.NamedTensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.imageio.ImageIO;

/**
 * Watches a run: after each epoch it validates, probes, draws {@code pictures/epoch-N.png} and
 * writes {@code report.html} anew; figures of steps and epochs also go to its trackers.
 *
 * <pre>{@code
 * HeldOut parts = HeldOut.of(images, 0.1);
 * try (Monitor monitor =
 *     Monitor.builder(config, run).validation(parts.heldOut()).probe(parts, 1).build()) {
 *   Pretrainer.builder(config, parts.kept()).run(run).progress(monitor).build().run();
 * }
 * }</pre>
 */
public final class Monitor implements Progress, AutoCloseable {
  private static final int PICTURES = 8;
  private static final int MOST_VALIDATED = 1024;

  private final Builder settings;
  private final List<Validation> validation = new ArrayList<>();
  private final List<Validation> pictures = new ArrayList<>();
  private final TrackerWatch trackers;
  private long steps;

  private Monitor(Builder settings) {
    this.settings = settings;
    this.trackers = new TrackerWatch(settings.trackers, settings.complaints);
    for (ImageDataset data : settings.validation) {
      validation.add(settings.validation(data, MOST_VALIDATED));
    }
    for (ImageDataset data : settings.pictures) {
      pictures.add(Validation.ofTraining(settings.config, data, PICTURES, settings.device));
    }
  }

  /**
   * Begins a monitor.
   *
   * @param config the configuration of the run
   * @param run the run's directory
   * @return a builder: on the CPU, no validation, no probe, no tracker
   */
  public static Builder builder(PretrainConfig config, Path run) {
    return new Builder(config, run);
  }

  @Override
  public void onStart(Start start) {
    steps = start.steps();
    trackers.onStart(start);
  }

  @Override
  public void onStep(Step step) {
    trackers.onStep(step);
  }

  @Override
  public void onEpoch(Epoch epoch) {
    trackers.onEpoch(epoch);
  }

  @Override
  public Map<String, Double> inspect(Epoch epoch, Supplier<NamedTensors> weights)
      throws IOException {
    Map<String, Double> figures = new LinkedHashMap<>();
    long began = System.nanoTime();
    NamedTensors current = weights.get();
    List<Reconstruction> shown = new ArrayList<>();
    for (Validation one : validation) {
      Validation.Result result = one.of(current, PICTURES);
      figures.putAll(result.figures());
      shown.addAll(result.pictures());
    }
    for (Validation one : pictures) {
      shown.addAll(one.of(current, PICTURES).pictures());
    }
    if (!shown.isEmpty()) {
      draw(epoch, PictureGrid.of(shown));
    }
    boolean due = (epoch.epoch() + 1) % settings.probeEvery == 0 || epoch.step() >= steps;
    for (HeldOut parts : due ? settings.probe : List.<HeldOut>of()) {
      figures.putAll(
          new OnlineProbe(settings.config, parts, settings.device, settings.methods)
              .accuracies(current));
    }
    if (!figures.isEmpty()) {
      figures.put("seconds", (System.nanoTime() - began) / 1e9);
    }
    return figures;
  }

  private void draw(Epoch epoch, Pixels grid) throws IOException {
    Path file = settings.run.resolve("pictures").resolve("epoch-" + (epoch.epoch() + 1) + ".png");
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(grid.toBufferedImage(), "png", png);
    FileReplacement.write(file, png.toByteArray());
    trackers.picture(epoch.step(), "reconstructions", grid);
  }

  @Override
  public void onInspected(Epoch epoch, Map<String, Double> figures) throws IOException {
    trackers.onInspected(epoch, figures);
    RunReport.write(settings.run, settings.command);
  }

  @Override
  public void onEnd(Ending ending) {
    trackers.onEnd(ending);
  }

  @Override
  public void close() {
    trackers.close();
  }

  /** Collects what a monitor needs. */
  public static final class Builder {
    private final PretrainConfig config;
    private final Path run;
    private final List<ImageDataset> validation = new ArrayList<>();
    private final List<ImageDataset> pictures = new ArrayList<>();
    private final List<HeldOut> probe = new ArrayList<>();
    private final List<TrackerWatch.TrackerSource> trackers = new ArrayList<>();
    private Device device = Device.cpu();
    private double maxCorrupt = 0.01;
    private int probeEvery = 1;
    private Set<OnlineProbe.Method> methods = EnumSet.allOf(OnlineProbe.Method.class);
    private String command = "";
    private Consumer<String> complaints = line -> {};

    private Builder(PretrainConfig config, Path run) {
      this.config = config;
      this.run = run;
    }

    /**
     * Sets where validation and probe run.
     *
     * @param value CPU or a GPU
     * @return this
     */
    public Builder device(Device value) {
      device = value;
      return this;
    }

    /**
     * Validates on images that are not trained on, at most 1,024 of them, and draws some.
     *
     * @param data the images
     * @return this
     */
    public Builder validation(ImageDataset data) {
      validation.add(data);
      return this;
    }

    /**
     * Draws images without judging them: where there is no data to validate on.
     *
     * @param data the images, which are trained on: the training names damaged ones
     * @return this
     */
    public Builder pictures(ImageDataset data) {
      pictures.add(data);
      return this;
    }

    /**
     * Sets the greatest share of damaged images among those that are validated. They are logged,
     * and others taken in their place; so it is for those that are probed, of any share.
     *
     * @param share 0 to 1; 0.01 if not set
     * @return this
     */
    public Builder maxCorrupt(double share) {
      maxCorrupt = share;
      return this;
    }

    private Validation validation(ImageDataset data, int most) {
      return new Validation(config, data, most, maxCorrupt, device);
    }

    /**
     * Probes the encoder.
     *
     * @param parts labelled training data
     * @param every epochs between two probes, at least 1; the last epoch is always probed
     * @return this
     */
    public Builder probe(HeldOut parts, int every) {
      probe.clear();
      probe.add(parts);
      probeEvery = Math.max(1, every);
      return this;
    }

    /**
     * Sets how the probe judges features.
     *
     * @param values all unless set: most of the time goes into features, which they share
     * @return this
     */
    public Builder probeMethods(Set<OnlineProbe.Method> values) {
      methods = Set.copyOf(values);
      return this;
    }

    /**
     * Adds a tracker.
     *
     * @param source opens it when the run begins
     * @return this
     */
    public Builder tracker(TrackerWatch.TrackerSource source) {
      trackers.add(source);
      return this;
    }

    /**
     * Sets what to type to repeat the run, for its report.
     *
     * @param line a command line
     * @return this
     */
    public Builder command(String line) {
      command = line;
      return this;
    }

    /**
     * Sets who hears of trackers that fail.
     *
     * @param listener receives a line for each, once
     * @return this
     */
    public Builder complaints(Consumer<String> listener) {
      complaints = listener;
      return this;
    }

    /**
     * Makes the monitor.
     *
     * @return the monitor; close it
     * @throws ai.lacuna.data.DataException if too many images are damaged
     */
    public Monitor build() {
      return new Monitor(this);
    }
  }
}
