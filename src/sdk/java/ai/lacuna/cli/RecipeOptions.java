package ai.lacuna.cli;

import ai.lacuna.finetune.RateRule;
import ai.lacuna.finetune.RateSchedule;
import ai.lacuna.finetune.RecipeBuilder;
import ai.lacuna.finetune.UnfreezePlan;
import org.apache.commons.cli.Options;

/** The options of every command that trains a head on an encoder: how long, how fast, how much. */
final class RecipeOptions {
  private static final double MOST = Double.MAX_VALUE;

  private RecipeOptions() {}

  /**
   * What differs between commands.
   *
   * @param plan layers and epochs
   * @param batchSize images of a step where there are so many, as the builder has it too
   * @param rate of the head at a batch of 256, as the help shows it
   */
  record Defaults(String plan, int batchSize, String rate) {}

  static void addTo(Options options, Defaults defaults) {
    options
        .addOption(
            Arguments.value(
                "plan",
                "PHASES",
                "layers and epochs, as 'head@2, last4@4, all@6'; a phase may have a factor of the"
                    + " rate, all@6*0.5 ("
                    + defaults.plan()
                    + ")"))
        .addOption(Arguments.value("epochs", "N", "in place of --plan: all@N"))
        .addOption(
            Arguments.value(
                "rates",
                "RULE",
                "of layers: flat, decay:0.75, slice:0.01 or groups:head=1,blocks.0.=0.1"
                    + " (decay:0.75)"))
        .addOption(
            Arguments.value(
                "schedule",
                "S",
                "cosine:WARMUP, one-cycle (in each phase), constant (cosine:1; of one epoch"
                    + " cosine:0.5)"))
        .addOption(
            Arguments.value(
                "batch-size",
                "N",
                "images of a step (" + defaults.batchSize() + ", or all if there are fewer)"))
        .addOption(
            Arguments.value(
                "lr",
                "RATE",
                "of the head at a batch of 256; the peak is RATE · batch / 256 ("
                    + defaults.rate()
                    + ")"))
        .addOption(Arguments.value("weight-decay", "W", "of the encoder's matrices (0.05)"))
        .addOption(
            Arguments.value(
                "head-weight-decay", "W", "of the head's matrices (a tenth of the other)"))
        .addOption(Arguments.flag("from-scratch", "begin with fresh weights, for comparison"))
        .addOption(Arguments.value("drop-path", "R", "stochastic depth at the last block (0)"))
        .addOption(
            Arguments.value(
                "average", "D", "keep a moving average of the weights, as 0.999 (none)"))
        .addOption(
            Arguments.value(
                "patience",
                "N",
                "end after N epochs of the plan's last phase without a better one on held-out"
                    + " images"))
        .addOption(Arguments.value("seed", "N", "any number (0)"));
    NumericsOptions.addTo(options);
  }

  static <B extends RecipeBuilder<B>> B apply(Arguments arguments, B builder, Defaults defaults) {
    if (arguments.has("plan") && arguments.has("epochs")) {
      throw new UsageException("--epochs: expected no --plan beside it; write all@N into the plan");
    }
    double decay = arguments.number("weight-decay", 0.05, 0, MOST);
    UnfreezePlan plan =
        arguments.has("epochs")
            ? UnfreezePlan.all(arguments.integer("epochs", 10, 1))
            : UnfreezePlan.parse(arguments.text("plan", defaults.plan()));
    B set =
        builder
            .plan(plan)
            .rates(RateRule.parse(arguments.text("rates", "decay:0.75")))
            .learningRate(arguments.number("lr", Double.parseDouble(defaults.rate()), 0, MOST))
            .weightDecay(decay, arguments.number("head-weight-decay", decay / 10, 0, MOST))
            .dropPath(arguments.number("drop-path", 0, 0, Arguments.BELOW_ONE))
            .averageWeights(arguments.number("average", 0, 0, Arguments.BELOW_ONE))
            .seed(arguments.integer("seed", 0, 0))
            .numerics(NumericsOptions.read(arguments));
    if (arguments.has("batch-size")) {
      set.batchSize(arguments.integer("batch-size", defaults.batchSize(), 1));
    }
    arguments.find("schedule").map(RateSchedule::parse).ifPresent(set::schedule);
    if (arguments.has("patience")) {
      set.patience(arguments.integer("patience", 1, 1));
    }
    return arguments.has("from-scratch") ? set.fromScratch() : set;
  }
}
