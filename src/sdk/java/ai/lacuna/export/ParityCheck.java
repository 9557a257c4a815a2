package ai.lacuna.export;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.Precision;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.OnnxRegressor;
import ai.lacuna.serving.OnnxSegmenter;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;

/**
 * Compares the files of a bundle with the network in DJL, on real images of several sizes and in
 * batches of several sizes. Features may differ by the tolerance, logits and values by the
 * tolerance times their largest magnitude where that is above 1.
 */
final class ParityCheck {
  /** Batch sizes of the comparison. */
  static final List<Integer> BATCH_SIZES = List.of(1, 3, 32);

  private static final String DJL = "djl";
  private static final String TORCHSCRIPT = "torchscript";
  private static final String ONNX = "onnxruntime";
  private static final String FEATURES = "cls_mean";

  /**
   * Largest difference in 16 bits, relative to the largest value where that is above 1: dozens of
   * layers round to 8 bits of mantissa in bfloat16, to 11 in float16.
   */
  private static final double BFLOAT16_TOLERANCE = 0.5;

  private static final double FLOAT16_TOLERANCE = 0.05;

  private final List<Pixels> images;
  private final ExportSettings settings;

  /** Images that may go through the head at once. */
  private final int atOnce;

  private final List<Manifest.Parity> figures = new ArrayList<>();

  private ParityCheck(List<Pixels> images, ExportSettings settings, int atOnce) {
    this.images = images;
    this.atOnce = atOnce;
    this.settings = settings;
  }

  /**
   * Runs everything.
   *
   * @return the figures
   * @throws ExportException on a mismatch
   */
  static List<Manifest.Parity> run(
      Encoder djl,
      Bundle bundle,
      Optional<? extends ExportedHead> head,
      List<Pixels> images,
      ExportSettings settings) {
    ParityCheck check =
        new ParityCheck(
            AnySize.mixed(images, bundle.manifest().preprocessing()),
            settings,
            head.isPresent() ? head.get().atOnce() : Integer.MAX_VALUE);
    check.encoder(djl, bundle);
    head.ifPresent(h -> check.head(djl, bundle, h));
    settings
        .autoencoder()
        .ifPresent(
            whole ->
                check.figures.addAll(AutoencoderCheck.run(whole, bundle, check.fill(1), settings)));
    return List.copyOf(check.figures);
  }

  /** Of features as they are; of a head whose answers are large, no more than fit into memory. */
  private List<Integer> batchSizes(String output) {
    return output.equals(FEATURES)
        ? BATCH_SIZES
        : BATCH_SIZES.stream().map(size -> Math.min(size, atOnce)).distinct().toList();
  }

  /** The images; few ones are repeated until one batch is full. */
  private List<Pixels> fill(int batchSize) {
    List<Pixels> enough = new ArrayList<>(images);
    for (int i = 0; enough.size() < batchSize; i++) {
      enough.add(images.get(i % images.size()));
    }
    return enough;
  }

  private void encoder(Encoder djl, Bundle bundle) {
    int dim = bundle.manifest().architecture().embedDim();
    try (TorchRunner archive = open(bundle, Manifest.ENCODER_PT);
        OnnxEncoder onnx = bundle.encoder()) {
      Function<List<Pixels>, float[][]> right = batch -> djl.embed(batch, Pooling.CLS_MEAN);
      compare(TORCHSCRIPT, FEATURES, right, b -> pooled(archive.run("forward", b), dim));
      compare(ONNX, FEATURES, right, b -> onnx.embed(b, Pooling.CLS_MEAN));
      for (Precision precision : settings.archives()) {
        try (TorchRunner low = open(bundle, ModelFiles.archiveOf(Manifest.ENCODER_PT, precision))) {
          String candidate = TORCHSCRIPT + " " + precision.label();
          compareLow(
              candidate, FEATURES, right, b -> pooled(low.run("forward", b), dim), precision);
        }
      }
    }
  }

  private void head(Encoder djl, Bundle bundle, ExportedHead head) {
    try (TorchRunner archive = open(bundle, head.archive());
        ExportedHead.Reference reference = head.reference(djl)) {
      Function<List<Pixels>, float[][]> right = reference::logits;
      compare(TORCHSCRIPT, head.output(), right, batch -> archive.run("forward", batch));
      for (Precision precision : settings.archives()) {
        try (TorchRunner low = open(bundle, ModelFiles.archiveOf(head.archive(), precision))) {
          String candidate = TORCHSCRIPT + " " + precision.label();
          compareLow(
              candidate, head.output(), right, batch -> low.run("forward", batch), precision);
        }
      }
      if (head.isOfValues()) {
        try (OnnxRegressor onnx = bundle.regressor()) {
          compare(ONNX, head.output(), right, onnx::values);
        }
      } else if (head.isOfPixels()) {
        try (OnnxSegmenter onnx = bundle.segmenter()) {
          compare(ONNX, head.output(), right, onnx::logits);
        }
      } else {
        try (OnnxClassifier onnx = bundle.classifier()) {
          compare(ONNX, head.output(), right, onnx::logits);
        }
      }
    }
  }

  private static TorchRunner open(Bundle bundle, String file) {
    Preprocessing preprocessing = bundle.manifest().preprocessing();
    TorchModule module = TorchModule.load(bundle.require(file), Device.cpu(), false);
    return new TorchRunner(module, preprocessing);
  }

  /** Class token and mean of the patch tokens, from all tokens. */
  private static float[][] pooled(float[][] tokens, int dim) {
    float[][] pooled = new float[tokens.length][];
    for (int i = 0; i < tokens.length; i++) {
      float[] row = new float[2 * dim];
      int patches = tokens[i].length / dim - 1;
      for (int d = 0; d < dim; d++) {
        row[d] = tokens[i][d];
        double sum = 0;
        for (int t = 1; t <= patches; t++) {
          sum += tokens[i][t * dim + d];
        }
        row[dim + d] = (float) (sum / patches);
      }
      pooled[i] = row;
    }
    return pooled;
  }

  /** The largest difference that a precision may make, of values around 1. */
  static double tolerance(Precision precision, double ofFloat32) {
    return switch (precision) {
      case FLOAT32 -> ofFloat32;
      case BFLOAT16 -> BFLOAT16_TOLERANCE;
      case FLOAT16 -> FLOAT16_TOLERANCE;
    };
  }

  private void compareLow(
      String candidate,
      String output,
      Function<List<Pixels>, float[][]> right,
      Function<List<Pixels>, float[][]> other,
      Precision precision) {
    double tolerance = tolerance(precision, settings.tolerance());
    compare(
        candidate, output, right, other, precision, largest -> tolerance * Math.max(1, largest));
  }

  private void compare(
      String candidate,
      String output,
      Function<List<Pixels>, float[][]> right,
      Function<List<Pixels>, float[][]> other) {
    double tolerance = settings.tolerance();
    boolean absolute = output.equals(FEATURES);
    compare(
        candidate,
        output,
        right,
        other,
        Precision.FLOAT32,
        largest -> absolute ? tolerance : tolerance * Math.max(1, largest));
  }

  private void compare(
      String candidate,
      String output,
      Function<List<Pixels>, float[][]> right,
      Function<List<Pixels>, float[][]> other,
      Precision precision,
      DoubleUnaryOperator limits) {
    for (int size : batchSizes(output)) {
      Agreement agreement = new Agreement();
      List<Pixels> all = fill(size);
      for (int start = 0; start < all.size(); start += size) {
        List<Pixels> batch = all.subList(start, Math.min(start + size, all.size()));
        float[][] expected = right.apply(batch);
        float[][] found = other.apply(batch);
        for (int i = 0; i < expected.length; i++) {
          agreement.add(expected[i], found[i]);
        }
      }
      double limit = limits.applyAsDouble(agreement.maxAbsValue());
      if (!agreement.isWithin(limit, precision)) {
        throw new ExportException(
            String.format(
                Locale.ROOT,
                "parity of %s, batches of %d: expected %s within %.3g of DJL, found %.3g; no bundle was written",
                candidate,
                size,
                output,
                limit,
                agreement.maxAbsError()));
      }
      figures.add(agreement.figures(DJL, candidate, output, size, limit));
    }
  }
}
