package ai.lacuna.export;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.ServingOptions;
import ai.lacuna.serving.Variant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How fast the variants of an encoder are. They take turns, so that whatever else the machine does
 * slows all of them alike.
 */
final class VariantSpeed {
  private static final int BATCH = 32;
  private static final int LEAST_ROUNDS = 3;
  private static final int MOST_ROUNDS = 21;
  private static final long NANOS = 3_000_000_000L;
  private static final double NANOS_PER_MILLISECOND = 1e6;

  private VariantSpeed() {}

  /** Measures each variant on one image and on a batch; images beforehand have the right size. */
  static Map<String, Variant.Speed> measure(
      Bundle bundle, List<String> variants, List<Pixels> images) {
    List<Pixels> batch = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      batch.add(bundle.manifest().preprocessing().apply(images.get(i % images.size())));
    }
    List<OnnxEncoder> encoders = new ArrayList<>();
    try {
      for (String variant : variants) {
        encoders.add(bundle.encoder(variant, ServingOptions.defaults().withMaxBatch(BATCH)));
      }
      double[] one = medians(encoders, batch.subList(0, 1));
      double[] many = medians(encoders, batch);
      Map<String, Variant.Speed> speeds = new LinkedHashMap<>();
      int threads = Runtime.getRuntime().availableProcessors();
      for (int i = 0; i < one.length; i++) {
        speeds.put(variants.get(i), new Variant.Speed(threads, one[i], BATCH, many[i]));
      }
      return speeds;
    } finally {
      encoders.forEach(OnnxEncoder::close);
    }
  }

  /** Milliseconds of each encoder. */
  private static double[] medians(List<OnnxEncoder> encoders, List<Pixels> images) {
    double[][] times = new double[encoders.size()][MOST_ROUNDS];
    encoders.forEach(encoder -> encoder.embed(images, Pooling.CLS_MEAN));
    long start = System.nanoTime();
    int rounds = 0;
    while (rounds < MOST_ROUNDS && (rounds < LEAST_ROUNDS || System.nanoTime() - start < NANOS)) {
      for (int i = 0; i < times.length; i++) {
        long before = System.nanoTime();
        encoders.get(i).embed(images, Pooling.CLS_MEAN);
        times[i][rounds] = (System.nanoTime() - before) / NANOS_PER_MILLISECOND;
      }
      rounds++;
    }
    double[] medians = new double[times.length];
    for (int i = 0; i < times.length; i++) {
      double[] sorted = Arrays.copyOf(times[i], rounds);
      Arrays.sort(sorted);
      medians[i] = sorted[rounds / 2];
    }
    return medians;
  }
}
