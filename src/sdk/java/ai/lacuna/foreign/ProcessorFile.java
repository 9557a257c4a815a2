package ai.lacuna.foreign;

import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.Normalization;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The file beside weights that says what is done to images: Hugging Face's {@code
 * preprocessor_config.json}, or timm's {@code config.json} with a {@code pretrained_cfg}.
 *
 * @param name the file's name
 * @param normalization mean and deviation of the channels, if it says them
 * @param interpolation the kernel of the resize, if it says one
 * @param geometry size, crop and fit, if it says them
 */
record ProcessorFile(
    String name,
    Optional<Normalization> normalization,
    Optional<Interpolation> interpolation,
    Optional<Geometry> geometry) {
  private static final String HUGGING_FACE = "preprocessor_config.json";
  private static final String TIMM = "config.json";
  private static final String TIMM_PART = "pretrained_cfg";
  private static final double WHITE = 255;

  /**
   * What of an image the network sees.
   *
   * @param height of its input, in pixels
   * @param width of its input, in pixels
   * @param cropFraction the part of a resized image that the middle is
   * @param fit how another aspect becomes the network's
   * @param exact whether the library does the same; it may squeeze images before it crops them
   */
  record Geometry(
      int height, int width, double cropFraction, Preprocessing.Fit fit, boolean exact) {

    /** A whole image of any aspect. */
    private static Geometry squeezed(int height, int width) {
      return new Geometry(height, width, 1, Preprocessing.Fit.SQUEEZE, true);
    }

    /** The middle of an image whose shorter side is so long. */
    private static Geometry cropped(int size, int from, boolean exact) {
      double fraction = (double) size / from;
      while (Math.floor(size / fraction) < from) {
        fraction = Math.nextDown(fraction); // or rounding would make it a pixel smaller
      }
      return new Geometry(size, size, fraction, Preprocessing.Fit.CROP, exact);
    }
  }

  /**
   * Reads the file, if it is there and the weights are of a library that writes it.
   *
   * @throws WeightsException if it is damaged, or asks for what there is not
   * @throws IOException if it cannot be read
   */
  static Optional<ProcessorFile> beside(Path weights, Layout layout) throws IOException {
    boolean timm = layout == Layout.TIMM || layout == Layout.MAE;
    Path file = weights.resolveSibling(timm ? TIMM : HUGGING_FACE);
    if ((!timm && layout != Layout.HF) || !Files.isRegularFile(file)) {
      return Optional.empty();
    }
    ProcessorFields fields = ProcessorFields.read(file);
    if (!timm) {
      return Optional.of(huggingFace(fields));
    }
    // Other things have a config.json, too.
    return fields.has(TIMM_PART) ? Optional.of(timm(fields.object(TIMM_PART))) : Optional.empty();
  }

  private static ProcessorFile timm(ProcessorFields fields) {
    Optional<Interpolation> interpolation =
        switch (fields.text("interpolation")) {
          case "" -> Optional.empty();
          case "bicubic" -> Optional.of(Interpolation.BICUBIC);
          case "bilinear" -> Optional.of(Interpolation.BILINEAR);
          default ->
              throw fields.bad(
                  "interpolation", "bicubic or bilinear", fields.found("interpolation"));
        };
    return new ProcessorFile(
        TIMM, normalization(fields, "mean", "std"), interpolation, timmGeometry(fields));
  }

  private static Optional<Geometry> timmGeometry(ProcessorFields fields) {
    Optional<List<Double>> size = fields.numbers("input_size");
    if (size.isEmpty()) {
      return Optional.empty();
    }
    List<Double> sides = size.get();
    if (sides.size() != 3 || sides.stream().anyMatch(s -> s != Math.rint(s) || s < 1 || s > 1e4)) {
      throw fields.bad("input_size", "channels, height and width", fields.found("input_size"));
    }
    int height = sides.get(1).intValue();
    int width = sides.get(2).intValue();
    double crop = fields.number("crop_pct").orElse(1);
    if (!(crop > 0 && crop <= 1)) {
      throw fields.bad("crop_pct", "a number above 0, up to 1", fields.found("crop_pct"));
    }
    String mode = fields.text("crop_mode");
    if (mode.equals("squash") && crop == 1) {
      return Optional.of(Geometry.squeezed(height, width));
    }
    if (!List.of("", "center", "squash").contains(mode)) {
      throw fields.bad("crop_mode", "center or squash", fields.found("crop_mode"));
    }
    boolean exact = !mode.equals("squash");
    return Optional.of(new Geometry(height, width, crop, Preprocessing.Fit.CROP, exact));
  }

  private static ProcessorFile huggingFace(ProcessorFields fields) {
    Optional<Interpolation> interpolation = Optional.empty();
    if (fields.has("resample")) {
      // Numbers of Pillow's filters.
      double filter = fields.number("resample").orElseThrow();
      if (filter != 2 && filter != 3) {
        throw fields.bad("resample", "2 (bilinear) or 3 (bicubic)", fields.found("resample"));
      }
      interpolation = Optional.of(filter == 2 ? Interpolation.BILINEAR : Interpolation.BICUBIC);
    }
    return new ProcessorFile(
        HUGGING_FACE, ofBytes(fields), interpolation, huggingFaceGeometry(fields));
  }

  /** Bytes are scaled by any factor, or not at all, before mean and deviation are applied. */
  private static Optional<Normalization> ofBytes(ProcessorFields fields) {
    double factor =
        fields.flag("do_rescale", true) ? fields.number("rescale_factor").orElse(1 / WHITE) : 1;
    if (!(factor > 0)) {
      throw fields.bad("rescale_factor", "a number above 0", fields.found("rescale_factor"));
    }
    // Exactly 1 for the usual factor, so that the usual figures stay as they are.
    double white = factor == 1 / WHITE ? 1 : WHITE * factor;
    Optional<Normalization> said = normalization(fields, "image_mean", "image_std");
    if (!fields.flag("do_normalize", true)) {
      int channels = said.map(s -> s.mean().size()).orElse(3);
      said =
          Optional.of(
              new Normalization(
                  Collections.nCopies(channels, 0.0), Collections.nCopies(channels, 1.0)));
    }
    return said.map(
        s ->
            new Normalization(
                s.mean().stream().map(m -> m / white).toList(),
                s.std().stream().map(d -> d / white).toList()));
  }

  private static Optional<Geometry> huggingFaceGeometry(ProcessorFields fields) {
    if (!fields.flag("do_resize", true) || !fields.has("size")) {
      return Optional.empty();
    }
    boolean crops = fields.flag("do_center_crop", false) && fields.has("crop_size");
    if (!fields.isObject("size")) {
      int side = fields.pixels("size");
      // One number is the shorter side of those that crop, but for DeiT's.
      boolean square = !crops || kind(fields).startsWith("DeiT");
      return Optional.of(square ? ofSides(fields, side, side, crops) : ofShorter(fields, side));
    }
    ProcessorFields size = fields.object("size");
    if (size.has("shortest_edge")) {
      int side = size.pixels("shortest_edge");
      return Optional.of(crops ? ofShorter(fields, side) : Geometry.cropped(side, side, true));
    }
    if (!size.has("height") && !size.has("width")) {
      throw fields.bad("size", "height and width, or shortest_edge", fields.found("size"));
    }
    return Optional.of(ofSides(fields, size.pixels("height"), size.pixels("width"), crops));
  }

  private static String kind(ProcessorFields fields) {
    String kind = fields.text("image_processor_type");
    return kind.isEmpty() ? fields.text("feature_extractor_type") : kind;
  }

  private static Geometry ofShorter(ProcessorFields fields, int side) {
    return Geometry.cropped(crop(fields, side), side, true);
  }

  private static Geometry ofSides(ProcessorFields fields, int height, int width, boolean crops) {
    if (!crops) {
      return Geometry.squeezed(height, width);
    }
    int side = crop(fields, Math.min(height, width));
    return side == height && side == width
        ? Geometry.squeezed(height, width)
        : Geometry.cropped(side, Math.min(height, width), false);
  }

  /** The side of the square that is cut out. */
  private static int crop(ProcessorFields fields, int most) {
    int height;
    int width;
    if (fields.isObject("crop_size")) {
      height = fields.object("crop_size").pixels("height");
      width = fields.object("crop_size").pixels("width");
    } else {
      height = fields.pixels("crop_size");
      width = height;
    }
    if (height != width || height > most) {
      throw fields.bad(
          "crop_size", "a square of at most " + most + " pixels", fields.found("crop_size"));
    }
    return height;
  }

  private static Optional<Normalization> normalization(
      ProcessorFields fields, String mean, String std) {
    Optional<List<Double>> means = fields.numbers(mean);
    Optional<List<Double>> stds = fields.numbers(std);
    if (means.isEmpty() && stds.isEmpty()) {
      return Optional.empty();
    }
    if (means.map(List::size).orElse(0) != (int) stds.map(List::size).orElse(0)) {
      throw fields.bad(
          std, "a number for each of " + mean + " " + fields.found(mean), fields.found(std));
    }
    if (!stds.orElseThrow().stream().allMatch(s -> s > 0)) {
      throw fields.bad(std, "numbers above 0", fields.found(std));
    }
    return Optional.of(new Normalization(means.orElseThrow(), stds.orElseThrow()));
  }
}
