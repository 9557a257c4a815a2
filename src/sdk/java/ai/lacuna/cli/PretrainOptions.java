package ai.lacuna.cli;

import ai.lacuna.data.FashionMnist;
import ai.lacuna.loss.LossSum;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.masking.MaskStrategy;
import ai.lacuna.masking.RatioSchedule;
import ai.lacuna.pretrain.Augmentation;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.AdamW;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VitConfig;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** The options that decide what {@code lacuna pretrain} computes. */
final class PretrainOptions {
  private static final double MOST = Double.MAX_VALUE;

  /** Mean and deviation of the 60,000 training images. */
  private static final Normalization FASHION_MNIST =
      new Normalization(List.of(0.2860), List.of(0.3530));

  private PretrainOptions() {}

  static void addTo(Options options) {
    options
        .addOption(
            Arguments.value(
                "config",
                "FILE",
                "a run's config.json or an entry's recipe.json, in place of the"
                    + " options below"))
        .addOption(
            Arguments.value("model", "NAME", String.join(", ", Models.names()) + " (the first)"))
        .addOption(
            Arguments.value(
                "image-size",
                "N|HxW",
                "side of the input in pixels, or height x width (the model's)"))
        .addOption(Arguments.value("channels", "N", "1 for grey, 3 for colour (the model's)"))
        .addOption(Arguments.value("patch-size", "N", "side of a patch in pixels (the model's)"))
        .addOption(Arguments.value("epochs", "N", "passes over the images (30)"))
        .addOption(Arguments.value("warmup", "N", "epochs of warm-up (a tenth)"))
        .addOption(Arguments.value("batch-size", "N", "images of a step (256)"))
        .addOption(
            Arguments.value(
                "lr",
                "RATE",
                "learning rate at a batch of 256; the peak is"
                    + " RATE · batch / 256 (1.5e-4, the paper's; small networks like 1.5e-3)"))
        .addOption(Arguments.value("weight-decay", "W", "of parameters with 2 dimensions (0.05)"))
        .addOption(
            Arguments.value(
                "mask",
                "STRATEGY",
                "random, block, window, inverse-block, grid, stratified, saliency or"
                    + " low-frequency; 'lacuna masks' draws and explains them (random)"))
        .addOption(
            Arguments.value(
                "mask-ratio",
                "R",
                "share of patches removed, or a ramp: 0.5:0.75@20 goes from 0.5 to 0.75 in 20"
                    + " epochs; cosine:... and random:... have other shapes (0.75)"))
        .addOption(
            Arguments.value(
                "loss",
                "SUM",
                "mse, l1, charbonnier[:EPSILON], frequency[:ALPHA], perceptual:NETWORK (a zoo entry or a"
                    + " TorchScript file), or a weighted sum as 'mse + 0.1*frequency' (mse)"))
        .addOption(Arguments.flag("no-norm-pix", "predict pixels, not pixels normalised by patch"))
        .addOption(Arguments.value("min-crop", "S", "least area of a random crop, 0 to 1 (0.2)"))
        .addOption(
            Arguments.value(
                "fit",
                "HOW",
                "crop, at random; pad: whole images, scaled until they fit and padded with the"
                    + " mean; or keep: padded, and scaled only where they are larger; in training"
                    + " and after it. Padded sizes go up to whole patches (crop)"))
        .addOption(JpegOption.option())
        .addOption(Arguments.flag("no-flip", "do not mirror images"))
        .addOption(Arguments.value("mean", "M,..", "mean of each channel, black 0, white 1"))
        .addOption(Arguments.value("std", "S,..", "deviation of each channel"))
        .addOption(Arguments.value("seed", "N", "any number (0)"));
    DecoderOptions.addTo(options);
    NumericsOptions.addTo(options);
  }

  /**
   * Reads what is computed.
   *
   * @throws UsageException if other options of these stand beside {@code --config}
   */
  static PretrainConfig read(Arguments arguments, String source) throws IOException {
    if (arguments.has("config")) {
      requireAlone(arguments);
    }
    PretrainConfig config =
        arguments.has("config")
            ? ofFile(Arguments.existing(arguments.require("config")))
            : ofOptions(arguments, source);
    if (config.masking().strategy() instanceof MaskStrategy.Custom custom) {
      throw new UsageException(
          "--mask: expected a strategy of Lacuna's, found "
              + custom.text()
              + "; custom masks come from Java code, in PretrainerBuilder.masks");
    }
    return config;
  }

  /** A file decides all, so that another option would have no effect. */
  private static void requireAlone(Arguments arguments) {
    Options known = new Options();
    addTo(known);
    for (Option option : known.getOptions()) {
      String name = option.getLongOpt();
      if (!name.equals("config") && arguments.has(name)) {
        throw new UsageException(
            "--%s: expected no --config beside it, whose file decides that; leave one of them out"
                .formatted(name));
      }
    }
  }

  private static PretrainConfig ofOptions(Arguments arguments, String source) {
    Models.Model model = Models.require(arguments.text("model", Models.names().iterator().next()));
    VitConfig vit = model.vit();
    int patch = arguments.integer("patch-size", vit.patchSize(), 1);
    Augmentation augmentation = augmentation(arguments);
    ImageSize asked =
        arguments
            .find("image-size")
            .map(text -> ImageSize.parse("image-size", text))
            .orElse(new ImageSize(vit.imageHeight(), vit.imageWidth()));
    ImageSize size = augmentation.fit().pads() ? asked.upTo(patch) : asked;
    int channels = arguments.integer("channels", vit.channels(), 1);
    int epochs = arguments.integer("epochs", 30, 1);
    PretrainConfig.Recipe recipe =
        new PretrainConfig.Recipe(
            epochs,
            arguments.integer("warmup", epochs / 10, 0),
            arguments.integer("batch-size", 256, 1),
            arguments.number("lr", 1.5e-4, 0, MOST),
            0,
            new AdamW(0.9, 0.95, 1e-8, arguments.number("weight-decay", 0.05, 0, MOST)));
    return new PretrainConfig(
        vit.withImage(size.height(), size.width(), channels, patch),
        DecoderOptions.read(arguments, model.decoder()),
        normalization(arguments, source, channels),
        new MaskPlan(
            MaskStrategy.parse(arguments.text("mask", "random")),
            RatioSchedule.parse(arguments.text("mask-ratio", "0.75"))),
        new Objective(!arguments.has("no-norm-pix"), LossSum.parse(arguments.text("loss", "mse"))),
        recipe,
        augmentation,
        arguments.integer("seed", 0, 0),
        NumericsOptions.read(arguments));
  }

  private static Augmentation augmentation(Arguments arguments) {
    boolean flip = !arguments.has("no-flip");
    String word = arguments.text("fit", "crop");
    Preprocessing.Fit fit =
        switch (word) {
          case "crop" -> Preprocessing.Fit.CROP;
          case "pad" -> Preprocessing.Fit.PAD;
          case "keep" -> Preprocessing.Fit.KEEP;
          default -> throw new UsageException("--fit: expected crop, pad or keep, found " + word);
        };
    if (!fit.pads()) {
      return new Augmentation(arguments.number("min-crop", 0.2, 0, 1), flip)
          .withJpeg(JpegOption.read(arguments));
    }
    if (arguments.has("min-crop")) {
      throw new UsageException(
          "--min-crop: expected no --fit %s beside it, which crops nothing; leave one out"
              .formatted(word));
    }
    return Augmentation.padded(flip, fit).withJpeg(JpegOption.read(arguments));
  }

  /** A run's {@code config.json}, or the zoo's {@code recipe.json}, which holds one. */
  private static PretrainConfig ofFile(Path file) throws IOException {
    try {
      JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
      JsonObject config = json.has("pretrain") ? json.getAsJsonObject("pretrain") : json;
      return PretrainConfig.fromJson(config.toString());
    } catch (JsonParseException | IllegalStateException | ClassCastException e) {
      throw new UsageException(file + ": expected the configuration of a run, found other content");
    }
  }

  /** The statistics that were given, or those usual for the data. */
  static Normalization normalization(Arguments arguments, String source, int channels) {
    if (arguments.has("mean") || arguments.has("std")) {
      return new Normalization(
          numbers("mean", arguments.require("mean")), numbers("std", arguments.require("std")));
    }
    if (channels == 1) {
      return source.startsWith(FashionMnist.NAME)
          ? FASHION_MNIST
          : new Normalization(List.of(0.5), List.of(0.5));
    }
    return channels == 3
        ? Normalization.imageNet()
        : new Normalization(Collections.nCopies(channels, 0.5), Collections.nCopies(channels, 0.5));
  }

  private static List<Double> numbers(String option, String text) {
    try {
      return Arrays.stream(text.split(",", -1)).map(Double::valueOf).toList();
    } catch (NumberFormatException e) {
      throw new UsageException(
          "--" + option + ": expected numbers separated by commas, found " + text);
    }
  }
}
