package ai.lacuna.probe;

import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Mirrored;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Pooling;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
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
 * result.head().export(encoder, Path.of("bundle"), images); // for an application that only serves
 * }</pre>
 *
 * <p>The strength of the penalty is chosen on a stratified part of the training images that is held
 * out; then the head is fitted on all of them. The test images are looked at once, at the end.
 * {@link #evaluate} runs other protocols on the same features. Any thread may {@link #stop} it.
 */
public final class LinearProbe {
  private final Builder settings;
  private volatile boolean stopping;

  private LinearProbe(Builder settings) {
    this.settings = settings;
  }

  /**
   * Asks the probe to stop at the next moment that a {@link ProbeProgress} hears of. Returns at
   * once; may be called from any thread. {@link #run} or {@link #evaluate} then throws a {@link
   * CancellationException}; features that a {@link FeatureCache} has taken stay there.
   */
  public void stop() {
    stopping = true;
  }

  private void hear(String stage, long done, long total) {
    if (stopping) {
      throw new CancellationException(
          "linear probe: stopped at %s, %s of %s".formatted(stage, done, total));
    }
    settings.progress.update(stage, done, total);
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
   * @throws CancellationException if it was stopped
   * @throws IOException if the data or the cache cannot be read
   */
  public ProbeResult run() throws IOException {
    ProbeCheck.require(settings.train(), settings.test(), settings.encoder.preprocessing());
    long started = System.nanoTime();
    ProbeTask task = task(Set.of());
    FeatureTable known = task.known(task.choice());
    FeatureTable unseen = task.unseen(task.choice());
    long extracted = System.nanoTime();
    LogisticProtocol.Chosen chosen = new LogisticProtocol(settings.strengths).choose(task, known);
    long fitted = System.nanoTime();
    return new ProbeResult(
        chosen.head(),
        Evaluation.of(chosen.head(), known),
        Evaluation.of(chosen.head(), unseen),
        chosen.c(),
        chosen.sweep(),
        chosen.converged(),
        (extracted - started) / 1e9,
        (fitted - extracted) / 1e9);
  }

  /**
   * Runs several protocols on the same features, computed once.
   *
   * @param protocols which ones, at least one
   * @return what each found
   * @throws IllegalArgumentException if there is no protocol
   * @throws DataException if an image cannot be read, or train and test do not fit together
   * @throws ProbeException if no classifier can be fitted on the data
   * @throws CancellationException if it was stopped
   * @throws IOException if the data or the cache cannot be read
   */
  public ProbeReport evaluate(List<Protocol> protocols) throws IOException {
    if (protocols.isEmpty()) {
      throw new IllegalArgumentException("protocols: expected at least one, found none");
    }
    ProbeCheck.require(settings.train(), settings.test(), settings.encoder.preprocessing());
    for (Protocol protocol : protocols) {
      if (protocol instanceof FewShotProtocol few) {
        few.requireImages(settings.train());
      }
    }
    long started = System.nanoTime();
    // Class token and mean come with every pass; the grid only if it is asked for.
    ProbeTask task = task(Set.of(Pooling.CLS, Pooling.CLS_MEAN));
    double featureSeconds = (System.nanoTime() - started) / 1e9;
    List<ProtocolResult> results = new ArrayList<>();
    for (Protocol protocol : protocols) {
      results.add(protocol.run(task));
    }
    return new ProbeReport(
        settings.encoder.name(),
        settings.train().size(),
        settings.test().size(),
        settings.mirrored,
        settings.seed,
        results,
        featureSeconds);
  }

  private static LinearHead.InputSize inputOf(Encoder encoder) {
    return new LinearHead.InputSize(encoder.config().imageHeight(), encoder.config().imageWidth());
  }

  private ProbeTask task(Set<Pooling> given) throws IOException {
    Set<Pooling> poolings = new HashSet<>(given);
    poolings.add(settings.pooling);
    ImageDataset train = settings.train();
    List<FeatureStore> views = new ArrayList<>();
    views.add(features(train, poolings, "train features"));
    if (settings.mirrored) {
      views.add(features(new Mirrored(train), poolings, "mirrored features"));
    }
    return new ProbeTask(
        views,
        features(settings.test(), poolings, "test features"),
        train.classNames(),
        new FeatureChoice(settings.blocks, settings.pooling),
        poolings,
        inputOf(settings.encoder),
        settings.encoder.weights().sha256(),
        settings.encoder.device(),
        settings.heldOutFraction,
        settings.seed,
        this::hear);
  }

  private FeatureStore features(ImageDataset data, Set<Pooling> poolings, String stage)
      throws IOException {
    return settings.cache.open(
        settings.encoder, data, settings.blocks, poolings, this::hear, stage);
  }

  /** Collects what a probe needs. */
  public static final class Builder {
    private final Encoder encoder;
    private final List<ImageDataset> train = new ArrayList<>();
    private final List<ImageDataset> test = new ArrayList<>();
    private List<Integer> blocks;
    private Pooling pooling = Pooling.CLS_MEAN;
    private List<Double> strengths = LogisticProtocol.standard().strengths();
    private double heldOutFraction = 0.1;
    private boolean mirrored;
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
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder lastBlocks(int count) {
      int depth = encoder.config().depth();
      if (count < 1 || count > depth) {
        throw new IllegalArgumentException(
            "last blocks: expected 1 to %s, found %s".formatted(depth, count));
      }
      blocks = last(count, depth);
      return this;
    }

    /**
     * Takes the features of some blocks, concatenated in the order given.
     *
     * @param indices from 0 to the encoder's depth − 1, at least one
     * @return this
     * @throws IllegalArgumentException if there is none, or one is out of range
     */
    public Builder blocks(List<Integer> indices) {
      int depth = encoder.config().depth();
      if (indices.isEmpty() || indices.stream().anyMatch(i -> i < 0 || i >= depth)) {
        throw new IllegalArgumentException(
            "blocks: expected some of 0 to %s, found %s".formatted(depth - 1, indices));
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
     * Sets the inverse strengths of the penalty that {@link LinearProbe#run} chooses from; one
     * alone is used without a choice. Protocols of {@link LinearProbe#evaluate} have their own, see
     * {@link LogisticProtocol#strengths}.
     *
     * @param values above 0, tried from small to great
     * @return this
     * @throws IllegalArgumentException if there is none, or one is not above 0 and finite
     */
    public Builder c(double... values) {
      strengths = new LogisticProtocol(DoubleStream.of(values).boxed().toList()).strengths();
      return this;
    }

    /**
     * Adds the mirror image, left to right, of each training image as a second view. An image and
     * its mirror are held out together; only the image itself is judged.
     *
     * @param value whether to; at first no
     * @return this
     */
    public Builder mirrored(boolean value) {
      mirrored = value;
      return this;
    }

    /**
     * Sets the part of the training images on which the strength is chosen.
     *
     * @param fraction between 0 and 1
     * @return this
     * @throws IllegalArgumentException if it is out of range
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
