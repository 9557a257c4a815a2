package ai.lacuna.finetune;

import ai.lacuna.graph.Program;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.run.TrainingTask;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.CosineSchedule;
import ai.lacuna.train.Numerics;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that decides what fine-tuning computes; where it runs is not part of it.
 *
 * @param encoder what the encoder is called
 * @param encoderSha256 digest of its weights
 * @param pretrained whether the run begins with them, or from scratch
 * @param vit the encoder's architecture
 * @param preprocessing what is done to images that are judged
 * @param head what is predicted from what
 * @param names of the head's outputs
 * @param scale of the values that it learns; none for classes and labels
 * @param recipe how long and how fast
 * @param augmentation what is done to training images
 * @param regularization what keeps the network from learning by heart
 * @param seed the run's seed
 * @param numerics types, memory and guards of the arithmetic
 */
public record FineTuneConfig(
    String encoder,
    String encoderSha256,
    boolean pretrained,
    VitConfig vit,
    Preprocessing preprocessing,
    HeadConfig head,
    List<String> names,
    ValueScale scale,
    Recipe recipe,
    FineTuneAugmentation augmentation,
    Regularization regularization,
    long seed,
    Numerics numerics) {

  /** Its JSON. */
  static final ConfigFormat<FineTuneConfig> FORMAT =
      new ConfigFormat<>("finetune", FineTuneConfig.class, "fine-tuning");

  /**
   * How long and how fast.
   *
   * @param plan which layers are trained, and for how many epochs
   * @param rates how the rates of layers differ
   * @param schedule the rate over the run
   * @param batchSize images of a step, at least 1
   * @param baseLearningRate rate of the head at a batch of 256; the peak is base · batch / 256
   * @param adamW the optimizer; its decay is that of the encoder's matrices
   * @param headWeightDecay decay of the head's matrix, at least 0
   */
  public record Recipe(
      UnfreezePlan plan,
      RateRule rates,
      RateSchedule schedule,
      int batchSize,
      double baseLearningRate,
      AdamW adamW,
      double headWeightDecay) {
    /**
     * @throws IllegalArgumentException if a value is out of range
     */
    public Recipe {
      if (batchSize < 1 || !(baseLearningRate > 0) || !(headWeightDecay >= 0)) {
        throw new IllegalArgumentException(
            "recipe: expected a batch size of at least 1, a learning rate above 0 and a weight decay"
                + " of at least 0, found "
                + batchSize
                + ", "
                + baseLearningRate
                + " and "
                + headWeightDecay);
      }
      if (schedule instanceof RateSchedule.Cosine cosine
          && cosine.warmupEpochs() >= plan.epochs()) {
        throw new IllegalArgumentException(
            "recipe: expected fewer epochs of warm-up than the plan's "
                + plan.epochs()
                + ", found "
                + cosine.warmupEpochs());
      }
    }

    /** The rate of the head after warm-up. */
    public double peak() {
      return baseLearningRate * batchSize / CosineSchedule.REFERENCE_BATCH;
    }

    /**
     * The rate of a step.
     *
     * @param epoch the epoch, from 0
     * @param batch the batch of the epoch, from 0
     * @param batches of an epoch
     * @return the head's rate, and the momentum where the schedule moves it
     */
    public TrainingTask.Rate rate(int epoch, int batch, int batches) {
      int phase = plan.phaseOf(epoch);
      UnfreezePlan.Phase current = plan.phases().get(phase);
      double now = epoch + (double) batch / batches;
      return schedule.at(
          peak() * current.rateFactor(),
          now,
          plan.epochs(),
          now - plan.firstEpochOf(phase),
          current.epochs());
    }

    /**
     * Checks what only a network can tell.
     *
     * @param depth blocks of the encoder
     * @throws IllegalArgumentException if the plan has more
     */
    public void requireFit(int depth) {
      plan.requireFit(depth);
    }

    /**
     * The share of the encoder's blocks that an epoch trains.
     *
     * @param epoch the epoch, from 0
     * @param depth blocks of the encoder
     * @return 0 to 1
     */
    public double trainedShare(int epoch, int depth) {
      int blocks = plan.phases().get(plan.phaseOf(epoch)).blocks();
      return blocks == UnfreezePlan.Phase.ALL ? 1 : (double) blocks / depth;
    }
  }

  /**
   * What keeps a network from learning by heart.
   *
   * @param dropPath rate of stochastic depth at the last block, from 0 at the first one; below 1
   * @param patchDrop share of an image's patches that a step leaves out, 0 to below 1, in each
   *     phase of the plan; the last one holds for all that follow, none is 0
   * @param labelSmoothing share of a label that is spread over all classes, 0 to below 1
   * @param averageDecay decay of the moving average of the weights; 0 for none, below 1
   * @param balance what is done about classes of unequal size
   */
  public record Regularization(
      double dropPath,
      List<Double> patchDrop,
      double labelSmoothing,
      double averageDecay,
      ClassBalance balance) {
    /**
     * @throws IllegalArgumentException if a value is out of range
     */
    public Regularization {
      requireShare("drop path", dropPath);
      patchDrop = orEmpty(patchDrop);
      patchDrop.forEach(rate -> requireShare("patch drop", rate));
      requireShare("label smoothing", labelSmoothing);
      requireShare("decay of the average", averageDecay);
    }

    /** The first version left no patches out, and its JSON does not say. */
    private static List<Double> orEmpty(@Nullable List<Double> rates) {
      return rates == null ? List.of() : List.copyOf(rates);
    }

    /** The share of the patches that steps of a phase leave out. */
    double patchDrop(int phase) {
      return patchDrop.isEmpty() ? 0 : patchDrop.get(Math.min(phase, patchDrop.size() - 1));
    }

    private static void requireShare(String what, double value) {
      if (!(value >= 0 && value < 1)) {
        throw new IllegalArgumentException(
            what + ": expected at least 0 and less than 1, found " + value);
      }
    }

    /** None. */
    public static Regularization none() {
      return new Regularization(0, List.of(), 0, 0, ClassBalance.NONE);
    }
  }

  /** What is done about classes of unequal size. */
  public enum ClassBalance {
    /** Nothing. */
    NONE,
    /**
     * An image's loss weighs n / (classes · images of its class); where mixup or cutmix mixes two
     * labels, each weighs what its own class does.
     */
    WEIGHTS,
    /**
     * An epoch draws images, with repetition, so that classes are equally likely; each draw of an
     * image is augmented in its own way.
     */
    SAMPLING
  }

  /**
   * Checks that the parts fit together.
   *
   * @throws IllegalArgumentException if they do not
   */
  public FineTuneConfig {
    names = List.copyOf(names);
    scale = orNone(scale);
    if (names.size() != head.outputs()) {
      throw new IllegalArgumentException(
          "head: expected "
              + names.size()
              + " outputs, one for each name, found "
              + head.outputs());
    }
    if (!scale.mean().isEmpty() && scale.mean().size() != names.size()) {
      throw new IllegalArgumentException(
          "scale of values: expected "
              + names.size()
              + " means, one for each name, found "
              + scale.mean().size());
    }
    recipe.requireFit(vit.depth());
    int phases = recipe.plan().phases().size();
    if (regularization.patchDrop().size() > phases) {
      throw new IllegalArgumentException(
          "patch drop: expected no more rates than the plan has phases, %s, found %s"
              .formatted(phases, regularization.patchDrop().size()));
    }
    if (head.target() != HeadConfig.Target.CLASSES
        && (regularization.labelSmoothing() > 0 || regularization.balance() != ClassBalance.NONE)) {
      throw new IllegalArgumentException(
          "regularization: expected classes for label smoothing and balance, found "
              + head.target());
    }
  }

  /** The first version learned values as they were, and its JSON does not say. */
  private static ValueScale orNone(@Nullable ValueScale scale) {
    return scale == null ? ValueScale.none() : scale;
  }

  /** Epochs of the plan. */
  public int epochs() {
    return recipe.plan().epochs();
  }

  /** Patches of an image that an epoch trains on: ⌊N · (1 − rate)⌋, as in timm, at least 1. */
  int keptPatches(int epoch) {
    double drop = regularization.patchDrop(recipe.plan().phaseOf(epoch));
    return Math.max(1, RandomMask.count(vit.numPatches(), drop));
  }

  /** The network's functions, with those for the images of each epoch. */
  Program program() {
    return network().program(IntStream.range(0, epochs()).mapToObj(this::keptPatches).toList());
  }

  /** The network as a graph. */
  public ImageClassifier network() {
    Normalization normalization = new Normalization(preprocessing.mean(), preprocessing.std());
    return new ImageClassifier(new VisionTransformer(vit, normalization), head);
  }

  /**
   * Writes JSON.
   *
   * @return the text; {@link #fromJson} reads it
   */
  public String toJson() {
    return FORMAT.write(this);
  }

  /**
   * Reads JSON.
   *
   * @param json what {@link #toJson} wrote
   * @return the configuration
   * @throws IllegalArgumentException if it is not such a text or a value is out of range
   */
  public static FineTuneConfig fromJson(String json) {
    return FORMAT.read(json);
  }
}
