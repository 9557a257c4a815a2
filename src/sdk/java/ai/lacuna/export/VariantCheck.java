package ai.lacuna.export;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.ServingOptions;
import ai.lacuna.serving.Variant;

/** Judges the variants by the float32 models of their bundle, in ONNX Runtime. */
final class VariantCheck {
  private final Bundle bundle;
  private final VariantPlan plan;
  private final Judge judge;
  private final float[][] features;

  private VariantCheck(Bundle bundle, VariantPlan plan) {
    this.bundle = bundle;
    this.plan = plan;
    this.features = features(bundle, Variant.FLOAT32);
    this.judge = Judge.of(bundle, plan, features);
  }

  /**
   * Judges by a bundle's float32 models.
   *
   * @param bundle a draft, of which nothing but float32 is needed
   */
  static VariantCheck of(Bundle bundle, VariantPlan plan) {
    return new VariantCheck(bundle, plan);
  }

  /** Figures of float32 itself. */
  Variant.Agreement float32() {
    return agreement(bundle, Variant.FLOAT32, 1);
  }

  /**
   * Figures of a variant.
   *
   * @param draft a bundle that has it
   */
  Variant.Agreement agreement(Bundle draft, OnnxVariant variant) {
    return agreement(draft, variant.label(), variant.leastAgreement());
  }

  private float[][] features(Bundle draft, String variant) {
    try (OnnxEncoder encoder = draft.encoder(variant, ServingOptions.defaults())) {
      return encoder.embed(plan.images(), Pooling.CLS_MEAN);
    }
  }

  private Variant.Agreement agreement(Bundle draft, String variant, double least) {
    float[][] found = variant.equals(Variant.FLOAT32) ? features : features(draft, variant);
    double sum = 0;
    double smallest = 1;
    double error = 0;
    for (int i = 0; i < found.length; i++) {
      double cosine = Agreement.cosine(features[i], found[i]);
      sum += cosine;
      smallest = Math.min(smallest, cosine);
      error = Math.max(error, Agreement.maxAbsError(features[i], found[i]));
    }
    // Of features that are no numbers a head has nothing to say, and the variant is refused.
    Judge.Verdict verdict =
        Double.isFinite(error)
            ? judge.verdict(found, () -> Judge.answers(draft, plan, variant))
            : new Judge.Verdict(0, Double.NaN);
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
}
