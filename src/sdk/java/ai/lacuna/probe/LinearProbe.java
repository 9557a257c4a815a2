package ai.lacuna.probe;

import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Splits;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.probe.ProbeResult.Trial;
import ai.lacuna.serving.Pooling;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Fits a linear classifier on an encoder's frozen features and judges it on test images.
 *
 * <pre>{@code
 * ProbeResult result =
 *     LinearProbe.builder(encoder).train(train).test(test).lastBlocks(4).build().run();
 * System.out.println(result.test().top1());
 * result.head().save(Path.of("head.safetensors"));
 * }</pre>
 *
 * <p>The strength of the penalty is chosen on a stratified part of the training images that is held
 * out; then the head is fitted on all of them. The test images are looked at once, at the end.
 */
public final class LinearProbe {
  /** Half decades: the optimum is flat. */
  private static final List<Double> DEFAULT_STRENGTHS =
      List.of(3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0);

  /** The sweep, from strong to weak, ends after so many trials without a new best. */
  private static final int PATIENCE = 2;

  private final Builder settings;

  private LinearProbe(Builder settings) {
    this.settings = settings;
  }

  /**
   * Begins a probe.
   *
   * @param encoder the frozen encoder; stays open
   * @return a builder: last four blocks, class token and mean of patch tokens of each, a tenth of
   *     the training images held out, seed 0
   */
  public static Builder builder(Encoder encoder) {
    return new Builder(encoder);
  }

  /**
   * Runs the probe.
   *
   * @return accuracies and the head
   * @throws DataException if an image cannot be read, or train and test do not fit together
   * @throws ProbeException if no head can be fitted on the data
   * @throws IOException if the data or the cache cannot be read
   */
  public ProbeResult run() throws IOException {
    ImageDataset train = settings.train();
    ImageDataset test = settings.test();
    List<String> classNames = train.classNames();
    check(train, test);
    long started = System.nanoTime();
    FeatureTable known = features(train, "train features");
    FeatureTable unseen = features(test, "test features");
    long extracted = System.nanoTime();
    try (LogisticRegression regression =
        LogisticRegression.of(known, classNames.size(), settings.encoder.device())) {
      List<Trial> sweep = sweep(regression, known.labels(), classNames.size());
      double c = best(sweep);
      settings.progress.update("fit", 0, 1);
      LogisticRegression.Fit fit = regression.fit(c);
      settings.progress.update("fit", 1, 1);
      LinearHead head =
          LinearHead.of(fit.weights(), fit.bias(), classNames, settings.blocks, settings.pooling);
      long fitted = System.nanoTime();
      return new ProbeResult(
          head,
          Evaluation.of(head, known),
          Evaluation.of(head, unseen),
          c,
          sweep,
          fit.converged(),
          (extracted - started) / 1e9,
          (fitted - extracted) / 1e9);
    }
  }

  private FeatureTable features(ImageDataset data, String stage) throws IOException {
    return settings.cache.features(
        settings.encoder, data, settings.blocks, settings.pooling, settings.progress, stage);
  }

  private static void check(ImageDataset train, ImageDataset test) throws IOException {
    if (train.classNames().size() < 2) {
      throw new ProbeException(
          "%s: expected at least 2 classes, found %s; add another class"
              .formatted(train.name(), train.classNames()));
    }
    if (!train.classNames().equals(test.classNames())) {
      throw new DataException(
          "%s: expected the classes of %s, %s, found %s; give both the same classes"
              .formatted(test.name(), train.name(), train.classNames(), test.classNames()));
    }
    int[] counts = new int[train.classNames().size()];
    for (ImageDataset data : List.of(train, test)) {
      for (int i = 0; i < data.size(); i++) {
        int label = data.label(i);
        if (label < 0 || label >= counts.length) {
          throw new DataException(
              "%s, sample %d: expected a label from 0 to %d, found %d; give labelled data"
                  .formatted(data.name(), i, counts.length - 1, label));
        }
        counts[label] += data == train ? 1 : 0;
      }
      if (data.size() == 0) {
        throw new DataException(data.name() + ": expected images, found none; check its path");
      }
    }
    List<String> missing =
        IntStream.range(0, counts.length)
            .filter(label -> counts[label] == 0)
            .mapToObj(train.classNames()::get)
            .toList();
    if (!missing.isEmpty()) {
      throw new ProbeException(
          "%s: expected images of every class, found none of %s; add some or drop these classes"
              .formatted(train.name(), missing));
    }
  }

  private List<Trial> sweep(LogisticRegression regression, int[] labels, int classes) {
    List<Double> strengths = settings.strengths;
    if (strengths.size() == 1) {
      return List.of(new Trial(strengths.get(0), Double.NaN));
    }
    boolean[] heldOut = Splits.heldOut(labels, classes, settings.heldOutFraction, settings.seed);
    long count = IntStream.range(0, heldOut.length).filter(i -> heldOut[i]).count();
    if (count == 0) {
      throw new ProbeException(
          "training data: expected 2 images of some class to choose the penalty on, found 1 of each;"
              + " give one strength with c(...)");
    }
    List<Trial> trials = new ArrayList<>();
    int sinceBest = 0;
    double best = -1;
    for (double c : strengths) {
      settings.progress.update("choose C", trials.size(), strengths.size());
      double accuracy = (double) regression.rightAmongHeldOut(c, heldOut) / count;
      trials.add(new Trial(c, accuracy));
      sinceBest = accuracy > best ? 0 : sinceBest + 1;
      best = Math.max(best, accuracy);
      if (sinceBest == PATIENCE) {
        break;
      }
    }
    settings.progress.update("choose C", strengths.size(), strengths.size());
    return trials;
  }

  /** The strongest penalty among those with the best accuracy. */
  private static double best(List<Trial> sweep) {
    Trial best = sweep.get(0);
    for (Trial trial : sweep) {
      best = trial.accuracy() > best.accuracy() ? trial : best;
    }
    return best.c();
  }

  /** Collects what a probe needs. */
  public static final class Builder {
    private final Encoder encoder;
    private final List<ImageDataset> train = new ArrayList<>();
    private final List<ImageDataset> test = new ArrayList<>();
    private List<Integer> blocks;
    private Pooling pooling = Pooling.CLS_MEAN;
    private List<Double> strengths = DEFAULT_STRENGTHS;
    private double heldOutFraction = 0.1;
    private long seed;
    private FeatureCache cache = FeatureCache.none();
    private ProbeProgress progress = ProbeProgress.silent();

    private Builder(Encoder encoder) {
      this.encoder = encoder;
      int depth = encoder.config().depth();
      this.blocks = last(Math.min(4, depth), depth);
    }

    /**
     * Sets the labelled images to fit on.
     *
     * @param data at least one image of each class
     * @return this
     */
    public Builder train(ImageDataset data) {
      train.clear();
      train.add(data);
      return this;
    }

    /**
     * Sets the labelled images to judge on.
     *
     * @param data with the classes of the training data
     * @return this
     */
    public Builder test(ImageDataset data) {
      test.clear();
      test.add(data);
      return this;
    }

    /**
     * Takes the features of the last blocks, concatenated.
     *
     * @param count from 1 to the encoder's depth
     * @return this
     */
    public Builder lastBlocks(int count) {
      int depth = encoder.config().depth();
      if (count < 1 || count > depth) {
        throw new IllegalArgumentException(
            "last blocks: expected 1 to %d, found %d".formatted(depth, count));
      }
      blocks = last(count, depth);
      return this;
    }

    /**
     * Takes the features of some blocks, concatenated in the order given.
     *
     * @param indices from 0 to the encoder's depth − 1, at least one
     * @return this
     */
    public Builder blocks(List<Integer> indices) {
      int depth = encoder.config().depth();
      if (indices.isEmpty() || indices.stream().anyMatch(i -> i < 0 || i >= depth)) {
        throw new IllegalArgumentException(
            "blocks: expected some of 0 to %d, found %s".formatted(depth - 1, indices));
      }
      blocks = List.copyOf(indices);
      return this;
    }

    /**
     * Sets how the tokens of a block become features.
     *
     * @param value the pooling
     * @return this
     */
    public Builder pooling(Pooling value) {
      pooling = value;
      return this;
    }

    /**
     * Sets the inverse strengths of the penalty to choose from; one alone is used without a choice.
     *
     * @param values above 0, from small to great
     * @return this
     */
    public Builder c(double... values) {
      if (values.length == 0 || DoubleStream.of(values).anyMatch(v -> !(v > 0))) {
        throw new IllegalArgumentException(
            "c: expected numbers above 0, found " + DoubleStream.of(values).boxed().toList());
      }
      strengths = DoubleStream.of(values).boxed().toList();
      return this;
    }

    /**
     * Sets the part of the training images on which the strength is chosen.
     *
     * @param fraction between 0 and 1
     * @return this
     */
    public Builder heldOutFraction(double fraction) {
      if (!(fraction > 0 && fraction < 1)) {
        throw new IllegalArgumentException(
            "fraction held out: expected between 0 and 1, found " + fraction);
      }
      heldOutFraction = fraction;
      return this;
    }

    /**
     * Sets the seed that chooses the images held out.
     *
     * @param value any number
     * @return this
     */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /**
     * Sets where features are kept.
     *
     * @param value the cache
     * @return this
     */
    public Builder cache(FeatureCache value) {
      cache = value;
      return this;
    }

    /**
     * Sets who hears how far the probe has come.
     *
     * @param value the listener
     * @return this
     */
    public Builder progress(ProbeProgress value) {
      progress = value;
      return this;
    }

    /**
     * Makes the probe.
     *
     * @return the probe, not yet run
     * @throws IllegalStateException if the training or test data is missing
     */
    public LinearProbe build() {
      if (train.isEmpty() || test.isEmpty()) {
        throw new IllegalStateException(
            "linear probe: expected train(...) and test(...) before build()");
      }
      return new LinearProbe(this);
    }

    private ImageDataset train() {
      return train.get(0);
    }

    private ImageDataset test() {
      return test.get(0);
    }

    private static List<Integer> last(int count, int depth) {
      return IntStream.range(depth - count, depth).boxed().toList();
    }
  }
}
