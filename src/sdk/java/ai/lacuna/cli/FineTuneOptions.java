package ai.lacuna.cli;

import ai.lacuna.augment.Mixing;
import ai.lacuna.finetune.FineTuneAugmentation;
import ai.lacuna.finetune.FineTuneConfig.ClassBalance;
import ai.lacuna.finetune.FineTunerBuilder;
import ai.lacuna.vit.HeadConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.commons.cli.Options;

/** The options that decide what {@code lacuna finetune} computes. */
final class FineTuneOptions {
  private static final RecipeOptions.Defaults DEFAULTS =
      new RecipeOptions.Defaults("head@1, all@10", 256, "1e-3");

  private FineTuneOptions() {}

  static void addTo(Options options) {
    RecipeOptions.addTo(options, DEFAULTS);
    options
        .addOption(
            Arguments.value(
                "pool", "HOW", "what the head reads: mean of the patch tokens, or cls (mean)"))
        .addOption(
            Arguments.value("min-crop", "S", "least area of a random crop; 1 for none (0.8)"))
        .addOption(JpegOption.option())
        .addOption(Arguments.value("shift", "N", "move images by up to N pixels (0)"))
        .addOption(Arguments.flag("no-flip", "do not mirror images"))
        .addOption(Arguments.value("rand-augment", "SPEC", "such as rand-m9-mstd0.5-inc1 (none)"))
        .addOption(Arguments.value("color-jitter", "S", "strength, 0 to 1 (0)"))
        .addOption(Arguments.value("erasing", "P", "images of which a part is erased, 0 to 1 (0)"))
        .addOption(Arguments.value("mixup", "A", "alpha of mixup, 0 for none (0; MAE: 0.8)"))
        .addOption(Arguments.value("cutmix", "A", "alpha of cutmix, 0 for none (0; MAE: 1)"))
        .addOption(Arguments.value("mixup-prob", "P", "share of batches that either mixes (1)"))
        .addOption(
            Arguments.value(
                "mixup-switch-prob", "P", "share of them for cutmix where both are on (0.5)"))
        .addOption(
            Arguments.value(
                "patch-drop",
                "R,..",
                "share of the patches that steps leave out, which makes them cheaper; in each"
                    + " phase of the plan, the last for all that follow (0)"))
        .addOption(Arguments.value("label-smoothing", "S", "share spread over all classes (0)"))
        .addOption(
            Arguments.value(
                "balance", "HOW", "of unequal classes: none, weights, sampling (none)"));
  }

  static FineTunerBuilder apply(Arguments arguments, FineTunerBuilder builder) {
    return RecipeOptions.apply(arguments, builder, DEFAULTS)
        .pooling(arguments.choice("pool", HeadConfig.Pooling.MEAN))
        .augmentation(augmentation(arguments))
        .patchDrop(patchDrop(arguments))
        .labelSmoothing(arguments.number("label-smoothing", 0, 0, Arguments.BELOW_ONE))
        .balance(arguments.choice("balance", ClassBalance.NONE));
  }

  private static double[] patchDrop(Arguments arguments) {
    Optional<String> text = arguments.find("patch-drop");
    if (text.isEmpty()) {
      return new double[0];
    }
    try {
      double[] rates =
          Pattern.compile(",").splitAsStream(text.get()).mapToDouble(Double::parseDouble).toArray();
      if (Arrays.stream(rates).allMatch(rate -> rate >= 0 && rate < 1)) {
        return rates;
      }
    } catch (NumberFormatException e) {
      // Said below, in the same words as for a number out of range.
    }
    throw new UsageException(
        "--patch-drop: expected numbers of at least 0 and less than 1, such as 0.75,0, found "
            + text.get());
  }

  private static Mixing mixing(Arguments arguments) {
    double mixup = arguments.number("mixup", 0, 0, 1e6);
    double cutmix = arguments.number("cutmix", 0, 0, 1e6);
    double share = arguments.number("mixup-prob", 1, 0, 1);
    double cut = arguments.number("mixup-switch-prob", 0.5, 0, 1);
    for (String option : List.of("mixup-prob", "mixup-switch-prob")) {
      if (arguments.has(option) && mixup == 0 && cutmix == 0) {
        throw new UsageException(
            "--" + option + ": expected --mixup or --cutmix beside it, found neither");
      }
    }
    return mixup == 0 && cutmix == 0 ? Mixing.none() : new Mixing(mixup, cutmix, share, cut);
  }

  private static FineTuneAugmentation augmentation(Arguments arguments) {
    return new FineTuneAugmentation(
        arguments.number("min-crop", 0.8, 0, 1),
        arguments.integer("shift", 0, 0),
        !arguments.has("no-flip"),
        arguments.text("rand-augment", ""),
        arguments.number("color-jitter", 0, 0, 1),
        arguments.number("erasing", 0, 0, 1),
        mixing(arguments),
        JpegOption.read(arguments));
  }
}
