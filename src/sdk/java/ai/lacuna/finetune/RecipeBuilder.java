package ai.lacuna.finetune;

import ai.lacuna.finetune.FineTuneConfig.Recipe;
import ai.lacuna.run.RunBuilder;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Numerics;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Collects how a head is trained on a pretrained encoder, whatever it predicts.
 *
 * @param <B> the builder's own type
 */
public abstract class RecipeBuilder<B extends RecipeBuilder<B>> extends RunBuilder<B> {
  private static final int BATCH = 256;
  private static final double DECAY = 0.05;
  private static final double HEAD_SHARE = 0.1;

  private int patience;
  private boolean pretrained = true;
  private UnfreezePlan plan = UnfreezePlan.head(1).then(UnfreezePlan.all(10));
  private RateRule rates = new RateRule.LayerDecay(0.75);
  private Optional<RateSchedule> schedule = Optional.empty();
  private final int usualBatch;
  private OptionalInt batchSize = OptionalInt.empty();
  private double learningRate = 1e-3;
  private double weightDecay = DECAY;
  private double headWeightDecay = DECAY * HEAD_SHARE;
  private double dropPath;
  private double averageDecay;
  private Numerics numerics = Numerics.plain();
  private long seed;

  /**
   * Begins with the defaults.
   *
   * @param source how the data can be found again, until it is set
   */
  protected RecipeBuilder(String source) {
    this(source, BATCH);
  }

  /**
   * Begins with the defaults, but another batch.
   *
   * @param source how the data can be found again, until it is set
   * @param usualBatch images of a step unless they are set; a smaller data set is one batch
   */
  protected RecipeBuilder(String source, int usualBatch) {
    super(source);
    this.usualBatch = usualBatch;
  }

  /**
   * Ends the run when so many epochs in a row were no better than the best one before. Only epochs
   * of the plan's last phase count: a plateau of the head alone says nothing about layers that are
   * still frozen.
   *
   * @param epochs at least 1; needs validation
   * @return this
   * @throws IllegalArgumentException if it is less
   */
  public B patience(int epochs) {
    patience = atLeastOne("patience", epochs);
    return self();
  }

  /**
   * Leaves the encoder's weights out: the same network with the same budget, for comparison.
   *
   * @return this
   */
  public B fromScratch() {
    pretrained = false;
    return self();
  }

  /**
   * Trains the whole network from the start.
   *
   * @param count passes over the data, at least 1
   * @return this
   */
  public B epochs(int count) {
    return plan(UnfreezePlan.all(count));
  }

  /**
   * Sets which layers are trained, and for how long.
   *
   * @param value the plan
   * @return this
   */
  public B plan(UnfreezePlan value) {
    plan = value;
    return self();
  }

  /**
   * Sets how the learning rates of layers differ.
   *
   * @param value the rule
   * @return this
   */
  public B rates(RateRule value) {
    rates = value;
    return self();
  }

  /**
   * Sets the learning rate over the run.
   *
   * @param value the schedule; unless set, cosine with one epoch of warm-up, or with half of a plan
   *     of one epoch
   * @return this
   */
  public B schedule(RateSchedule value) {
    schedule = Optional.of(value);
    return self();
  }

  /**
   * Sets the images of a step. Unless they are set, a smaller data set is one batch; a run with a
   * batch that was set and that the data can't fill is refused when it begins.
   *
   * @param images at least 1
   * @return this
   * @throws IllegalArgumentException if it is less
   */
  public B batchSize(int images) {
    batchSize = OptionalInt.of(atLeastOne("batch size", images));
    return self();
  }

  private static int atLeastOne(String what, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + ": expected at least 1, found " + value);
    }
    return value;
  }

  /**
   * Sets the base learning rate.
   *
   * @param base of the head at a batch of 256; the peak is base · batch / 256
   * @return this
   */
  public B learningRate(double base) {
    learningRate = base;
    return self();
  }

  /**
   * Sets the decoupled decay of the encoder's matrices, and a tenth of it for the head's; vectors
   * and the class token do not decay.
   *
   * @param decay at least 0
   * @return this
   */
  public B weightDecay(double decay) {
    return weightDecay(decay, decay * HEAD_SHARE);
  }

  /**
   * Sets both decays.
   *
   * @param decay of the encoder's matrices, at least 0
   * @param headDecay of the head's matrix, at least 0
   * @return this
   */
  public B weightDecay(double decay, double headDecay) {
    weightDecay = decay;
    headWeightDecay = headDecay;
    return self();
  }

  /**
   * Sets the rate of stochastic depth at the last block.
   *
   * @param rate at least 0, below 1
   * @return this
   */
  public B dropPath(double rate) {
    dropPath = rate;
    return self();
  }

  /**
   * Judges and keeps a moving average of the weights in place of the weights themselves.
   *
   * @param decay of the average, below 1, such as 0.999; 0 for none
   * @return this
   */
  public B averageWeights(double decay) {
    averageDecay = decay;
    return self();
  }

  /**
   * Sets types, memory and guards of the arithmetic.
   *
   * @param value float32, whole batches and no clipping unless set
   * @return this
   */
  public B numerics(Numerics value) {
    numerics = value;
    return self();
  }

  /**
   * Sets the run's seed: of the head, the order and everything random.
   *
   * @param value any number
   * @return this
   */
  public B seed(long value) {
    seed = value;
    return self();
  }

  /**
   * Returns how long and how fast.
   *
   * @param images how many there are to train on; a batch that was not set has no more
   * @return the recipe
   * @throws IllegalArgumentException if a value is out of range
   */
  protected Recipe recipe(int images) {
    return new Recipe(
        plan,
        rates,
        schedule.orElseGet(() -> new RateSchedule.Cosine(Math.min(1, plan.epochs() / 2.0))),
        batchSize.orElse(Math.max(1, Math.min(usualBatch, images))),
        learningRate,
        new AdamW(0.9, 0.999, 1e-8, weightDecay),
        headWeightDecay);
  }

  /**
   * Checks that epochs are judged where they must be, and returns when the run ends early.
   *
   * @param judged whether they are
   * @return when it ends for want of a better epoch
   * @throws IllegalArgumentException if patience was asked for and they are not
   */
  protected Patience patience(boolean judged) {
    if (patience > 0 && !judged) {
      throw new IllegalArgumentException(
          "patience: expected validation images to judge epochs on, found none");
    }
    return new Patience(patience, plan.firstEpochOf(plan.phases().size() - 1));
  }

  /**
   * Returns whether the encoder's weights are used.
   *
   * @return whether they are
   */
  protected boolean pretrained() {
    return pretrained;
  }

  /**
   * Returns the rate of stochastic depth.
   *
   * @return of the last block
   */
  protected double dropPath() {
    return dropPath;
  }

  /**
   * Returns the decay of the moving average.
   *
   * @return 0 for none
   */
  protected double averageDecay() {
    return averageDecay;
  }

  /**
   * Returns types, memory and guards.
   *
   * @return the numerics
   */
  protected Numerics numerics() {
    return numerics;
  }

  /**
   * Returns the seed.
   *
   * @return any number
   */
  protected long seed() {
    return seed;
  }
}
