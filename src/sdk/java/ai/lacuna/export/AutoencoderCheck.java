package ai.lacuna.export;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.Precision;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.MaskedAutoencoder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Compares the archives of a whole autoencoder with the network in DJL, on randomly masked images.
 */
final class AutoencoderCheck {
  private static final int SEED = 5;

  private final MaskedAutoencoder network;
  private final Preprocessing preprocessing;

  private AutoencoderCheck(MaskedAutoencoder network, Preprocessing preprocessing) {
    this.network = network;
    this.preprocessing = preprocessing;
  }

  /**
   * Runs all precisions.
   *
   * @return figures of predicted patches, in batches of {@link ParityCheck#BATCH_SIZES}
   * @throws ExportException on a mismatch
   */
  static List<Manifest.Parity> run(
      ExportedAutoencoder whole, Bundle bundle, List<Pixels> images, ExportSettings settings) {
    AutoencoderCheck check =
        new AutoencoderCheck(whole.network(), bundle.manifest().preprocessing());
    List<Precision> precisions = new ArrayList<>(List.of(Precision.FLOAT32));
    precisions.addAll(settings.archives());
    List<Manifest.Parity> figures = new ArrayList<>();
    try (TorchModule right =
        TorchModule.load(
            whole.network().exported(), Weights.source(whole.weights()), Device.cpu(), false)) {
      for (Precision precision : precisions) {
        String file = ModelFiles.archiveOf(Manifest.AUTOENCODER_PT, precision);
        double tolerance = ParityCheck.tolerance(precision, settings.tolerance());
        try (TorchModule other = TorchModule.load(bundle.require(file), Device.cpu(), false)) {
          figures.addAll(check.compare(right, other, precision, images, tolerance));
        }
      }
    }
    return figures;
  }

  private List<Manifest.Parity> compare(
      TorchModule right,
      TorchModule other,
      Precision precision,
      List<Pixels> images,
      double tolerance) {
    String candidate = "torchscript" + (precision.isLow() ? " " + precision.label() : "");
    List<Manifest.Parity> figures = new ArrayList<>();
    for (int size : ParityCheck.BATCH_SIZES) {
      Agreement agreement = new Agreement();
      List<Pixels> batch = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        batch.add(images.get(i % images.size()));
      }
      agreement.add(predictions(right, batch), predictions(other, batch));
      double limit = tolerance * Math.max(1, agreement.maxAbsValue());
      if (!agreement.isWithin(limit, precision)) {
        throw new ExportException(
            String.format(
                Locale.ROOT,
                "parity of %s, autoencoder, batches of %d: expected predictions within %.3g of DJL, found %.3g; no bundle was written",
                candidate,
                size,
                limit,
                agreement.maxAbsError()));
      }
      figures.add(agreement.figures("djl", candidate, "pred", size, limit));
    }
    return figures;
  }

  /** Predicted patches, then the reconstruction over 255. */
  private float[] predictions(TorchModule module, List<Pixels> images) {
    try (NDManager manager = module.newManager()) {
      NDArray[] inputs = inputs(manager, images);
      NDList forward = module.run("forward", inputs);
      NDList pictures = module.run("reconstruct", inputs);
      float[] pred = forward.get(1).toFloatArray();
      float[] pixels = pictures.get(0).toFloatArray();
      float[] all = Arrays.copyOf(pred, pred.length + pixels.length);
      for (int i = 0; i < pixels.length; i++) {
        all[pred.length + i] = pixels[i] / 255;
      }
      forward.close();
      pictures.close();
      return all;
    }
  }

  private NDArray[] inputs(NDManager manager, List<Pixels> images) {
    int batch = images.size();
    int patches = network.encoder().config().numPatches();
    int keep = network.keep();
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(
            batch * preprocessing.height() * preprocessing.width() * preprocessing.channels());
    images.forEach(image -> bytes.put(preprocessing.apply(image).data()));
    long[] kept = new long[batch * keep];
    long[] restore = new long[batch * patches];
    float[] mask = new float[batch * patches];
    long[] removed = new long[batch * (patches - keep)];
    for (int i = 0; i < batch; i++) {
      List<Integer> order = new ArrayList<>(IntStream.range(0, patches).boxed().toList());
      Collections.shuffle(order, new Random(SEED + i));
      for (int place = 0; place < patches; place++) {
        int patch = order.get(place);
        restore[i * patches + patch] = place;
        if (place < keep) {
          kept[i * keep + place] = patch;
        } else {
          removed[i * (patches - keep) + place - keep] = patch;
          mask[i * patches + patch] = 1;
        }
      }
    }
    Shape shape =
        new Shape(batch, preprocessing.height(), preprocessing.width(), preprocessing.channels());
    return new NDArray[] {
      manager.create(bytes.flip(), shape, DataType.UINT8),
      manager.create(kept, new Shape(batch, keep)),
      manager.create(restore, new Shape(batch, patches)),
      manager.create(mask, new Shape(batch, patches)),
      manager.create(removed, new Shape(batch, patches - keep))
    };
  }
}
