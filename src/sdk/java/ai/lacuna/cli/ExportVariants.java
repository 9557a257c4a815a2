package ai.lacuna.cli;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.LabelledData;
import ai.lacuna.export.OnnxVariant;
import ai.lacuna.export.VariantPlan;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Variant;
import ai.lacuna.text.Counted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** The options for models in other numbers than float32, and what is said of them. */
final class ExportVariants {
  private static final double MEGA = 1e6;

  /** One other answer is then a tenth of what float16 may do. */
  private static final int COMPARED = 1000;

  private static final int CALIBRATED = 200;

  private ExportVariants() {}

  static Option variant() {
    return Arguments.value(
        "variant", "LIST", "also ONNX as float16, int8, int8-static or any-size");
  }

  static Option compare() {
    return compare(COMPARED);
  }

  /** The option with another number than that of {@code lacuna export}. */
  static Option compare(int usual) {
    return Arguments.value("compare", "N", "test images that judge a variant (" + usual + ")");
  }

  static Option calibrate() {
    return Arguments.value("calibrate", "N", "training images that calibrate int8-static (200)");
  }

  static Option force() {
    return Arguments.flag("force", "write variants that answer otherwise too often");
  }

  /**
   * The variants that are asked for.
   *
   * @return them in the order of the option; none without it
   * @throws UsageException if one is unknown, or one of the other options has none beside it
   */
  static List<OnnxVariant> asked(Arguments arguments) {
    if (!arguments.has("variant")) {
      for (String option : List.of("compare", "calibrate", "force")) {
        if (arguments.has(option)) {
          throw new UsageException("--" + option + ": expected --variant beside it, found none");
        }
      }
      return List.of();
    }
    List<OnnxVariant> variants = new ArrayList<>();
    for (String word : arguments.require("variant").split(",", -1)) {
      variants.add(parse(word.strip()));
    }
    return variants;
  }

  /** How many images judge. */
  static int compared(Arguments arguments, int usual) {
    return arguments.integer("compare", usual, 1);
  }

  /** How many images calibrate; none unless a variant needs them. */
  static int calibrated(Arguments arguments, List<OnnxVariant> variants) {
    return variants.contains(OnnxVariant.INT8_STATIC)
        ? arguments.integer("calibrate", CALIBRATED, 1)
        : 0;
  }

  /** What is asked for, if anything is. */
  static Optional<VariantPlan> plan(Arguments arguments, LabelledData data, List<String> classNames)
      throws IOException {
    List<OnnxVariant> variants = asked(arguments);
    if (variants.isEmpty()) {
      return Optional.empty();
    }
    List<Pixels> images = Export.first(data.test(), compared(arguments, COMPARED));
    boolean sameClasses = !classNames.isEmpty() && classNames.equals(data.test().classNames());
    return Optional.of(
        new VariantPlan(
            variants,
            images,
            sameClasses ? labels(data.test(), images.size()) : List.of(),
            spread(data.train(), calibrated(arguments, variants)),
            arguments.has("force")));
  }

  private static OnnxVariant parse(String word) {
    try {
      return OnnxVariant.parse(word);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--" + e.getMessage());
    }
  }

  /** Images from all over the data, since those of a class may lie together. */
  static List<Pixels> spread(ImageDataset data, int count) throws IOException {
    int images = Math.min(count, data.size());
    List<Pixels> spread = new ArrayList<>();
    for (int i = 0; i < images; i++) {
      spread.add(data.get((int) ((long) i * data.size() / images)).pixels());
    }
    return spread;
  }

  private static List<Integer> labels(ImageDataset data, int count) throws IOException {
    List<Integer> labels = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      labels.add(data.label(i));
    }
    return labels;
  }

  /** A line for each variant. */
  static void report(Terminal terminal, List<Variant> variants) {
    if (variants.isEmpty()) {
      return;
    }
    Variant.Agreement first = variants.get(0).agreement();
    Variant.Speed speed = variants.get(0).speed();
    terminal.line(
        "variants, judged by %s on %s; encoder on %s, 1 image and %d:",
        first.judge(),
        Counted.of(first.images(), "image"),
        Counted.of(speed.threads(), "thread"),
        speed.batch());
    terminal.line(
        "  %-12s %8s %9s %9s %9s %8s %9s %7s",
        "", "MB", "cosine", "same", "accuracy", "ms", "images/s", "exact");
    for (Variant variant : variants) {
      Variant.Agreement agreement = variant.agreement();
      terminal.line(
          "  %-12s %8.2f %9.5f %8.2f%% %9s %8.2f %9.1f %7d",
          variant.name(),
          variant.bytes() / MEGA,
          agreement.meanCosine(),
          100 * agreement.same(),
          Double.isNaN(agreement.accuracy())
              ? "-"
              : String.format(Locale.ROOT, "%.2f%%", 100 * agreement.accuracy()),
          variant.speed().milliseconds(),
          1000 * variant.speed().batch() / variant.speed().batchMilliseconds(),
          variant.exactBlocks());
    }
    terminal.line("  exact: blocks, from the first, in float32");
  }
}
