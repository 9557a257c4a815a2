package ai.lacuna.export;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.OnnxRegressor;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Compares the files of a bundle with the network in DJL, on real images and in batches of several
 * sizes. Features may differ by the tolerance, logits and values by the tolerance times their
 * largest magnitude where that is above 1.
 */
final class ParityCheck {
  /** Batch sizes of the comparison. */
  static final List<Integer> BATCH_SIZES = List.of(1, 3, 32);

  private static final String DJL = "djl";
  private static final String TORCHSCRIPT = "torchscript";
  private static final String ONNX = "onnxruntime";
  private static final String FEATURES = "cls_mean";

  private final List<Pixels> images;
  private final double tolerance;
  private final List<Manifest.Parity> figures = new ArrayList<>();

  private ParityCheck(List<Pixels> images, double tolerance) {
    this.images = images;
    this.tolerance = tolerance;
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
      double tolerance) {
    ParityCheck check = new ParityCheck(images, tolerance);
    check.encoder(djl, bundle);
    head.ifPresent(h -> check.head(djl, bundle, h));
    return List.copyOf(check.figures);
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
    }
  }

  private void head(Encoder djl, Bundle bundle, ExportedHead head) {
    try (TorchRunner archive = open(bundle, head.archive());
        ExportedHead.Reference reference = head.reference(djl)) {
      Function<List<Pixels>, float[][]> right = reference::logits;
      compare(TORCHSCRIPT, head.output(), right, batch -> archive.run("forward", batch));
      if (head.isOfValues()) {
        try (OnnxRegressor onnx = bundle.regressor()) {
          compare(ONNX, head.output(), right, onnx::values);
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

  private void compare(
      String candidate,
      String output,
      Function<List<Pixels>, float[][]> right,
      Function<List<Pixels>, float[][]> other) {
    for (int size : BATCH_SIZES) {
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
      double limit =
          output.equals(FEATURES) ? tolerance : tolerance * Math.max(1, agreement.maxAbsValue());
      if (!(agreement.maxAbsError() <= limit)) {
        throw new ExportException(
            "parity of %s, batches of %d: expected %s within %.3g of DJL, found %.3g; no bundle was written"
                .formatted(candidate, size, output, limit, agreement.maxAbsError()));
      }
      figures.add(agreement.figures(DJL, candidate, output, size, limit));
    }
  }
}
