package ai.lacuna.cli;

import ai.lacuna.augment.ColorJitter;
import ai.lacuna.augment.Mixing;
import ai.lacuna.augment.RandAugment;
import ai.lacuna.augment.RandomErasing;
import ai.lacuna.augment.RandomShift;
import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.FitAndPad;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.RandomResizedCrop;
import ai.lacuna.data.Transform;
import ai.lacuna.files.FileReplacement;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.vit.Normalization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.cli.Options;

/** {@code lacuna augment}: draws what augmentation makes of images. */
final class AugmentCommand implements Command {
  private static final int MOST_IMAGES = 20;
  private static final int MOST_DRAWS = 16;
  private static final int LARGEST = 224;

  @Override
  public String name() {
    return "augment";
  }

  @Override
  public String summary() {
    return "draw what augmentation makes of images";
  }

  @Override
  public String usage() {
    return "[options]";
  }

  @Override
  public String details() {
    return """
        A row for each image, a column for each epoch. Without options it is the
        recipe that MAE fine-tunes with, but for mixing: crops, RandAugment, erasing.

          lacuna augment --out sheet.png
          lacuna augment --data photos --mix --out sheet.png
          lacuna augment --shift 2 --rand-augment none --erasing 0
          lacuna augment --rand-augment none --color-jitter 0.4 --erase-mode constant
        """;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(
            Arguments.value("data", "DATA", "images, as for 'pretrain' (fashion-mnist-sample)"))
        .addOption(Arguments.value("out", "FILE", "a .png file (augment.png)"))
        .addOption(
            Arguments.value("image-size", "N|HxW", "pixels (the first image's, at most 224)"))
        .addOption(Arguments.value("min-crop", "A", "least part of the area, 0 to 1 (0.08)"))
        .addOption(
            Arguments.value(
                "shift", "N", "whole images moved by up to N pixels, not crops of them"))
        .addOption(
            Arguments.value("rand-augment", "TEXT", "timm's text, or none (rand-m9-mstd0.5-inc1)"))
        .addOption(
            Arguments.value(
                "color-jitter", "V", "brightness, contrast and saturation by 1 ± V (0)"))
        .addOption(Arguments.value("hue", "V", "hue by up to V turns, 0 to 0.5 (0)"))
        .addOption(Arguments.value("erasing", "P", "how often a part is erased, 0 to 1 (0.25)"))
        .addOption(
            Arguments.value("erase-mode", "MODE", "filled by constant, random or pixel (pixel)"))
        .addOption(Arguments.flag("mix", "mixup 0.8 or cutmix 1 with the image at the other end"))
        .addOption(Arguments.value("mean", "M,...", "mean of each channel, for fills (the data's)"))
        .addOption(Arguments.value("std", "S,...", "deviation of each channel (the data's)"))
        .addOption(Arguments.value("images", "N", "rows, 1 to " + MOST_IMAGES + " (6)"))
        .addOption(Arguments.value("draws", "N", "columns, 1 to " + MOST_DRAWS + " (8)"))
        .addOption(Arguments.value("seed", "N", "any number (0)"));
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    arguments.requireNoPositional();
    Path out = arguments.path("out", "augment.png");
    if (!String.valueOf(out.getFileName()).toLowerCase(Locale.ROOT).endsWith(".png")) {
      throw new UsageException("--out: expected a file ending in .png, found " + out);
    }
    int images = upTo(arguments, "images", 6, MOST_IMAGES);
    int draws = upTo(arguments, "draws", 8, MOST_DRAWS);
    String source = arguments.text("data", FashionMnist.SAMPLE_NAME);
    ImageDataset data = ImageDataset.open(source);
    if (data.size() == 0) {
      throw new UsageException("--data: expected at least one image in " + data.name());
    }
    Pixels first = data.get(0).pixels();
    int channels = first.channels();
    if (channels != 1 && channels != 3) {
      throw new UsageException(
          "--data: expected grey or RGB images to draw, found %d channels".formatted(channels));
    }
    ImageSize size =
        arguments
            .find("image-size")
            .map(text -> ImageSize.parse("image-size", text))
            .orElse(
                new ImageSize(Math.min(LARGEST, first.height()), Math.min(LARGEST, first.width())));
    Normalization normalization = PretrainOptions.normalization(arguments, source, channels);
    Optional<RandAugment> randAugment = randAugment(arguments, normalization);
    AugmentSheet.Recipe recipe =
        new AugmentSheet.Recipe(
            Transform.channels(channels).then(placement(arguments, size)),
            randAugment,
            after(arguments, normalization),
            arguments.has("mix") ? Mixing.mae() : Mixing.none());
    AugmentSheet sheet =
        AugmentSheet.draw(data, recipe, size, images, draws, arguments.integer("seed", 0, 0));
    FileReplacement.write(out, AugmentSheetPng.of(sheet));
    terminal.line("%s", sheet.summary());
    terminal.line("picture: %s", out);
    return 0;
  }

  private static int upTo(Arguments arguments, String option, int otherwise, int most) {
    int value = arguments.integer(option, otherwise, 1);
    if (value > most) {
      throw new UsageException("--%s: expected 1 to %d, found %d".formatted(option, most, value));
    }
    return value;
  }

  /** What brings images to their size. */
  private static Transform placement(Arguments arguments, ImageSize size) {
    if (arguments.has("shift")) {
      if (arguments.has("min-crop")) {
        throw new UsageException("--shift: expected no --min-crop beside it; take one of them");
      }
      return new FitAndPad(size.height(), size.width(), Interpolation.BICUBIC, List.of(0))
          .then(RandomShift.black(arguments.integer("shift", 0, 0)));
    }
    double least = arguments.number("min-crop", 0.08, 0, 1);
    return RandomResizedCrop.of(size.height(), size.width(), least);
  }

  private static Optional<RandAugment> randAugment(
      Arguments arguments, Normalization normalization) {
    String text = arguments.text("rand-augment", "rand-m9-mstd0.5-inc1");
    if (text.equals("none")) {
      return Optional.empty();
    }
    try {
      return Optional.of(RandAugment.parse(text).withMean(normalization));
    } catch (IllegalArgumentException e) {
      throw new UsageException("--rand-augment: " + e.getMessage());
    }
  }

  private static Transform after(Arguments arguments, Normalization normalization) {
    double strength = arguments.number("color-jitter", 0, 0, 10);
    double hue = arguments.number("hue", 0, 0, 0.5);
    RandomErasing.Mode mode = arguments.choice("erase-mode", RandomErasing.Mode.PIXEL);
    return new ColorJitter(strength, strength, strength, hue)
        .then(
            RandomErasing.of(mode, normalization)
                .withProbability(arguments.number("erasing", 0.25, 0, 1)));
  }
}
