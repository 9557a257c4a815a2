package ai.lacuna.export;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.ServingOptions;
import ai.lacuna.serving.Variant;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Judges the variants of a bundle by its float32 models, in ONNX Runtime. */
final class VariantCheck {
  private final Bundle bundle;
  private final VariantPlan plan;
  private final Judge judge;
  private final float[][] features;

  private VariantCheck(Bundle bundle, VariantPlan plan) {
    this.bundle = bundle;
    this.plan = plan;
    this.features = features(Variant.FLOAT32);
    this.judge = Judge.of(bundle, plan, features);
  }

  /**
   * Compares all variants, and measures their speed.
   *
   * @return figures of float32, then of the variants in the plan's order
   * @throws ExportException if one answers otherwise too often and the plan does not force it
   */
  static List<Variant> run(Bundle bundle, VariantPlan plan) throws IOException {
    VariantCheck check = new VariantCheck(bundle, plan);
    List<String> names = new ArrayList<>(List.of(Variant.FLOAT32));
    plan.variants().forEach(variant -> names.add(variant.label()));
    Map<String, Variant.Agreement> agreements = new LinkedHashMap<>();
    agreements.put(Variant.FLOAT32, check.agreement(Variant.FLOAT32, 1));
    for (OnnxVariant variant : plan.variants()) {
      Variant.Agreement found = check.agreement(variant.label(), variant.leastAgreement());
      if (!(found.same() >= found.least()) && !plan.forced()) {
        throw new ExportException(refusal(variant, found));
      }
      agreements.put(variant.label(), found);
    }
    Map<String, Variant.Speed> speeds = VariantSpeed.measure(bundle, names, plan.images());
    List<Variant> variants = new ArrayList<>();
    for (Map.Entry<String, Variant.Agreement> entry : agreements.entrySet()) {
      String name = entry.getKey();
      Variant.Speed speed = Objects.requireNonNull(speeds.get(name));
      variants.add(new Variant(name, check.bytes(name), entry.getValue(), speed));
    }
    return variants;
  }

  private static String refusal(OnnxVariant variant, Variant.Agreement found) {
    return String.format(
        Locale.ROOT,
        "variant %s: expected answers as of float32 for %.1f %% of %d images (%s), found %.2f %%;"
            + " leave it out, or force it; no bundle was written",
        variant.label(),
        100 * found.least(),
        found.images(),
        found.judge(),
        100 * found.same());
  }

  private float[][] features(String variant) {
    try (OnnxEncoder encoder = bundle.encoder(variant, ServingOptions.defaults())) {
      return encoder.embed(plan.images(), Pooling.CLS_MEAN);
    }
  }

  private Variant.Agreement agreement(String variant, double least) {
    float[][] found = variant.equals(Variant.FLOAT32) ? features : features(variant);
    double sum = 0;
    double smallest = 1;
    double error = 0;
    for (int i = 0; i < found.length; i++) {
      double cosine = Agreement.cosine(features[i], found[i]);
      sum += cosine;
      smallest = Math.min(smallest, cosine);
      error = Math.max(error, Agreement.maxAbsError(features[i], found[i]));
    }
    Judge.Verdict verdict = judge.verdict(variant, found);
    return new Variant.Agreement(
        judge.name(),
        found.length,
        verdict.same(),
        least,
        sum / found.length,
        smallest,
        error,
        verdict.accuracy());
  }

  private long bytes(String variant) throws IOException {
    String file = Variant.fileOf(Manifest.ENCODER_ONNX, variant);
    long bytes = 0;
    for (String name : bundle.manifest().files().keySet()) {
      if (name.equals(file) || name.startsWith(file + ".")) {
        bytes += Files.size(bundle.require(name));
      }
    }
    return bytes;
  }
}
