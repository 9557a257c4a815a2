package ai.lacuna.export;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.serving.Variant;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Adds variants to a bundle. A variant whose answers are too often not those of float32 is tried
 * again with the first block in float32, then with the first two, up to half of them: rounding in
 * early blocks does the most harm.
 */
final class Variants {
  /** A draft of the bundle with everything that was written so far. */
  interface Drafts {
    /** Opens it. */
    Bundle open() throws IOException;
  }

  private record Tried(int exactBlocks, Variant.Agreement agreement) {}

  private final ModelFiles models;
  private final Drafts drafts;
  private final VariantPlan plan;
  private final Calibration calibration;
  private final VariantCheck check;
  private final Preprocessing preprocessing;
  private final int depth;

  Variants(ModelFiles models, Drafts drafts, VariantPlan plan, Preprocessing preprocessing)
      throws IOException {
    this.models = models;
    this.drafts = drafts;
    this.plan = plan;
    this.preprocessing = preprocessing;
    this.calibration = new Calibration(preprocessing, plan.calibration());
    Bundle draft = drafts.open();
    this.check = VariantCheck.of(draft, plan);
    this.depth = draft.manifest().architecture().depth();
  }

  /**
   * Writes and judges all variants, and measures their speed.
   *
   * @return figures of float32, then of the variants in the plan's order
   * @throws ExportException if one answers otherwise too often and the plan does not force it, or
   *     gives features that are not finite
   */
  List<Variant> write() throws IOException {
    Map<String, Tried> written = new LinkedHashMap<>();
    written.put(Variant.FLOAT32, new Tried(depth, check.float32()));
    for (OnnxVariant variant : plan.variants()) {
      written.put(variant.label(), write(variant));
    }
    Bundle draft = drafts.open();
    Map<String, Variant.Speed> speeds =
        VariantSpeed.measure(draft, List.copyOf(written.keySet()), plan.images());
    List<Variant> variants = new ArrayList<>();
    for (Map.Entry<String, Tried> entry : written.entrySet()) {
      variants.add(
          new Variant(
              entry.getKey(),
              bytes(draft, entry.getKey()),
              entry.getValue().exactBlocks(),
              entry.getValue().agreement(),
              Objects.requireNonNull(speeds.get(entry.getKey()))));
    }
    return variants;
  }

  private Tried write(OnnxVariant variant) throws IOException {
    boolean rounds = variant != OnnxVariant.ANY_SIZE;
    int most = plan.forced() || !rounds ? 0 : depth / 2;
    VariantCheck judge = rounds ? check : ofManySizes();
    Tried best = attempt(variant, 0, judge);
    for (int blocks = 1; blocks <= most && !isGood(best); blocks++) {
      Tried next = attempt(variant, blocks, judge);
      boolean nearer = !isFinite(best) || next.agreement().same() > best.agreement().same();
      best = nearer || isGood(next) ? next : best;
    }
    if (!isFinite(best)) {
      throw new ExportException(
          "variant %s: expected finite features, found NaN or infinite ones, beyond what its numbers hold; leave it out; no bundle was written"
              .formatted(variant.label()));
    }
    if (!isGood(best) && !plan.forced()) {
      throw new ExportException(refusal(variant, best));
    }
    return best;
  }

  /** Without classes: what is cut off at other aspects makes accuracies tell nothing. */
  private VariantCheck ofManySizes() throws IOException {
    List<Pixels> images = AnySize.resized(plan.images(), preprocessing);
    return VariantCheck.of(
        drafts.open(),
        new VariantPlan(plan.variants(), images, List.of(), plan.calibration(), plan.forced()));
  }

  private Tried attempt(OnnxVariant variant, int exactBlocks, VariantCheck judge)
      throws IOException {
    models.write(variant, calibration, exactBlocks);
    int exact = variant == OnnxVariant.ANY_SIZE ? depth : exactBlocks;
    return new Tried(exact, judge.agreement(drafts.open(), variant));
  }

  /** The error is NaN if a feature is. */
  private static boolean isFinite(Tried tried) {
    return Double.isFinite(tried.agreement().maxAbsError());
  }

  /** NaN is not good. */
  private static boolean isGood(Tried tried) {
    return isFinite(tried) && tried.agreement().same() >= tried.agreement().least();
  }

  private String refusal(OnnxVariant variant, Tried best) {
    return String.format(
        Locale.ROOT,
        "variant %s: expected answers as of float32 for %.1f %% of %s%d images (%s), found %.2f %%"
            + " with the first %d blocks in float32; leave it out, or force it; no bundle was written",
        variant.label(),
        100 * best.agreement().least(),
        models.isOfPixels() ? "the pixels of " : "",
        best.agreement().images(),
        best.agreement().judge(),
        100 * best.agreement().same(),
        best.exactBlocks());
  }

  private static long bytes(Bundle bundle, String variant) throws IOException {
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
