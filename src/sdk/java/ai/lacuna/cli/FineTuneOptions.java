package ai.lacuna.cli;

import ai.lacuna.augment.Mixing;
import ai.lacuna.finetune.FineTuneAugmentation;
import ai.lacuna.finetune.FineTuneConfig.ClassBalance;
import ai.lacuna.finetune.FineTunerBuilder;
import ai.lacuna.finetune.RateRule;
import ai.lacuna.finetune.RateSchedule;
import ai.lacuna.finetune.UnfreezePlan;
import ai.lacuna.vit.HeadConfig;
import org.apache.commons.cli.Options;

/** The options that decide what {@code lacuna finetune} computes. */
final class FineTuneOptions {
  private static final double MOST = Double.MAX_VALUE;
  private static final double BELOW_ONE = 0.999999;

  private FineTuneOptions() {}

  static void addTo(Options options) {
    options
        .addOption(
            Arguments.value(
                "plan",
                "PHASES",
                "layers and epochs, as 'head@2, last4@4, all@6'; a phase may have a factor of the"
                    + " rate, all@6*0.5 (head@1, all@10)"))
        .addOption(Arguments.value("epochs", "N", "in place of --plan: all@N"))
        .addOption(
            Arguments.value(
                "rates",
                "RULE",
                "of layers: flat, decay:0.75, slice:0.01 or groups:head=1,blocks.0.=0.1"
                    + " (decay:0.75)"))
        .addOption(
            Arguments.value(
                "schedule", "S", "cosine:WARMUP, one-cycle (in each phase), constant (cosine:1)"))
        .addOption(Arguments.value("batch-size", "N", "images of a step (256)"))
        .addOption(
            Arguments.value(
                "lr",
                "RATE",
                "of the head at a batch of 256; the peak is RATE · batch / 256 (1e-3)"))
        .addOption(Arguments.value("weight-decay", "W", "of the encoder's matrices (0.05)"))
        .addOption(
            Arguments.value(
                "head-weight-decay", "W", "of the head's matrix (a tenth of the other)"))
        .addOption(
            Arguments.value(
                "pool", "HOW", "what the head reads: mean of the patch tokens, or cls (mean)"))
        .addOption(Arguments.flag("from-scratch", "begin with fresh weights, for comparison"))
        .addOption(
            Arguments.value("min-crop", "S", "least area of a random crop; 1 for none (0.8)"))
        .addOption(Arguments.value("shift", "N", "move images by up to N pixels (0)"))
        .addOption(Arguments.flag("no-flip", "do not mirror images"))
        .addOption(Arguments.value("rand-augment", "SPEC", "such as rand-m9-mstd0.5-inc1 (none)"))
        .addOption(Arguments.value("color-jitter", "S", "strength, 0 to 1 (0)"))
        .addOption(Arguments.value("erasing", "P", "images of which a part is erased, 0 to 1 (0)"))
        .addOption(Arguments.value("mixup", "A", "alpha of mixup, 0 for none (0; MAE: 0.8)"))
        .addOption(Arguments.value("cutmix", "A", "alpha of cutmix, 0 for none (0; MAE: 1)"))
        .addOption(Arguments.value("label-smoothing", "S", "share spread over all classes (0)"))
        .addOption(Arguments.value("drop-path", "R", "stochastic depth at the last block (0)"))
        .addOption(
            Arguments.value(
                "average", "D", "keep a moving average of the weights, as 0.999 (none)"))
        .addOption(
            Arguments.value("balance", "HOW", "of unequal classes: none, weights, sampling (none)"))
        .addOption(
            Arguments.value(
                "patience", "N", "end after N epochs without a better one on held-out images"))
        .addOption(Arguments.value("seed", "N", "any number (0)"));
    NumericsOptions.addTo(options);
  }

  static FineTunerBuilder apply(Arguments arguments, FineTunerBuilder builder) {
    if (arguments.has("plan") && arguments.has("epochs")) {
      throw new UsageException("--epochs: expected no --plan beside it; write all@N into the plan");
    }
    double decay = arguments.number("weight-decay", 0.05, 0, MOST);
    UnfreezePlan plan =
        arguments.has("epochs")
            ? UnfreezePlan.all(arguments.integer("epochs", 10, 1))
            : UnfreezePlan.parse(arguments.text("plan", "head@1, all@10"));
    double warmup = Math.min(1, plan.epochs() / 2.0);
    builder
        .plan(plan)
        .rates(RateRule.parse(arguments.text("rates", "decay:0.75")))
        .schedule(RateSchedule.parse(arguments.text("schedule", "cosine:" + warmup)))
        .batchSize(arguments.integer("batch-size", 256, 1))
        .learningRate(arguments.number("lr", 1e-3, 0, MOST))
        .weightDecay(decay, arguments.number("head-weight-decay", decay / 10, 0, MOST))
        .pooling(arguments.choice("pool", HeadConfig.Pooling.MEAN))
        .augmentation(augmentation(arguments))
        .labelSmoothing(arguments.number("label-smoothing", 0, 0, BELOW_ONE))
        .dropPath(arguments.number("drop-path", 0, 0, BELOW_ONE))
        .averageWeights(arguments.number("average", 0, 0, BELOW_ONE))
        .balance(arguments.choice("balance", ClassBalance.NONE))
        .patience(arguments.integer("patience", 0, 1))
        .seed(arguments.integer("seed", 0, 0))
        .numerics(NumericsOptions.read(arguments));
    return arguments.has("from-scratch") ? builder.fromScratch() : builder;
  }

  private static FineTuneAugmentation augmentation(Arguments arguments) {
    double mixup = arguments.number("mixup", 0, 0, 1e6);
    double cutmix = arguments.number("cutmix", 0, 0, 1e6);
    Mixing mixing = mixup == 0 && cutmix == 0 ? Mixing.none() : new Mixing(mixup, cutmix, 1, 0.5);
    return new FineTuneAugmentation(
        arguments.number("min-crop", 0.8, 0, 1),
        arguments.integer("shift", 0, 0),
        !arguments.has("no-flip"),
        arguments.text("rand-augment", ""),
        arguments.number("color-jitter", 0, 0, 1),
        arguments.number("erasing", 0, 0, 1),
        mixing);
  }
}
