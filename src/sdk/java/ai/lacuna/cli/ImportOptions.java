package ai.lacuna.cli;

import ai.lacuna.foreign.ForeignWeights;
import ai.lacuna.foreign.Layout;
import ai.lacuna.vit.Normalization;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.cli.Options;

/** How {@code lacuna import} reads a file. */
final class ImportOptions {
  private static final String AUTO = "auto";

  private ImportOptions() {}

  static Options addTo(Options options) {
    return options
        .addOption(
            Arguments.value("layout", "NAME", "auto, mae, timm, hf, torchvision, lightly (auto)"))
        .addOption(
            Arguments.value(
                "arch", "NAME", "auto, or what it must be: vit_base_patch16_224 (auto)"))
        .addOption(
            Arguments.value("image-size", "N|HxW", "resample the position embeddings to that size"))
        .addOption(
            Arguments.value(
                "channels", "N", "convert the patch embedding: to 1 by sums, to more in turn"))
        .addOption(Arguments.value("grid", "HxW", "the file's own patches, if not square"))
        .addOption(
            Arguments.value(
                "heads",
                "N",
                "attention heads (as Hugging Face's config.json says, or width / 64, 16 for"
                    + " ViT-H)"))
        .addOption(
            Arguments.value(
                "decoder-heads", "N", "attention heads of the decoder (likewise, or width / 32)"))
        .addOption(
            Arguments.value(
                "epsilon",
                "X",
                "of every LayerNorm (1e-6; for Hugging Face its config.json, else 1e-12)"))
        .addOption(
            Arguments.value(
                "mean", "X,X,X", "of the channels, 0 to 1 (as beside FILE, or ImageNet's)"))
        .addOption(
            Arguments.value("std", "X,X,X", "of the channels (as beside FILE, or ImageNet's)"))
        .addOption(
            Arguments.value(
                "crop-fraction",
                "X",
                "of a resized image (as beside FILE, or 0.875; 1 for Hugging Face)"))
        .addOption(Arguments.flag("drop-head", "leave a head out"))
        .addOption(Arguments.flag("drop-decoder", "leave a decoder out"))
        .addOption(Arguments.flag("need-decoder", "refuse an encoder alone"))
        .addOption(
            Arguments.flag("no-norm-pix", "the decoder predicts pixels, not normalised patches"))
        .addOption(
            Arguments.flag("allow-namespace", "pass over the settings of a training checkpoint"));
  }

  static ForeignWeights weights(Path file, Arguments arguments) {
    ForeignWeights weights =
        ForeignWeights.of(file)
            .heads(arguments.integer("heads", 0, 1))
            .decoderHeads(arguments.integer("decoder-heads", 0, 1))
            .channels(arguments.integer("channels", 0, 1))
            .layerNormEpsilon(arguments.number("epsilon", 0, Double.MIN_VALUE, 0.1))
            .cropFraction(arguments.number("crop-fraction", 0, Double.MIN_VALUE, 1));
    if (!arguments.text("layout", AUTO).equals(AUTO)) {
      weights.layout(arguments.choice("layout", Layout.MAE));
    }
    String arch = arguments.text("arch", AUTO);
    if (!arch.equals(AUTO)) {
      weights.architecture(Models.require("arch", arch).vit());
    }
    if (arguments.has("image-size")) {
      ImageSize size = ImageSize.parse("image-size", arguments.require("image-size"));
      weights.imageSize(size.height(), size.width());
    }
    if (arguments.has("grid")) {
      ImageSize grid = ImageSize.parse("grid", arguments.require("grid"));
      weights.grid(grid.height(), grid.width());
    }
    if (arguments.has("mean") || arguments.has("std")) {
      weights.normalization(
          new Normalization(numbers(arguments, "mean"), numbers(arguments, "std")));
    }
    if (arguments.has("drop-head")) {
      weights.dropHead();
    }
    if (arguments.has("drop-decoder")) {
      weights.dropDecoder();
    }
    if (arguments.has("need-decoder")) {
      weights.requireDecoder();
    }
    return arguments.has("allow-namespace") ? weights.allowNamespace() : weights;
  }

  private static List<Double> numbers(Arguments arguments, String option) {
    String text = arguments.require(option);
    try {
      List<Double> numbers =
          Arrays.stream(text.split(",", -1)).map(String::strip).map(Double::valueOf).toList();
      if (numbers.stream().allMatch(Double::isFinite)) {
        return numbers;
      }
    } catch (NumberFormatException e) {
      // Said below, in the same words as for a number out of range.
    }
    throw new UsageException(
        "--" + option + ": expected numbers such as 0.485,0.456,0.406, found " + text);
  }
}
