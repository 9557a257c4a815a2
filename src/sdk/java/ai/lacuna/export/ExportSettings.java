package ai.lacuna.export;

import ai.lacuna.graph.onnx.AttentionForm;
import java.util.Optional;

/**
 * How a bundle is written.
 *
 * @param attention how attention is written in ONNX
 * @param tolerance largest difference between runtimes
 * @param variants models in other numbers, if any
 */
record ExportSettings(AttentionForm attention, double tolerance, Optional<VariantPlan> variants) {
  static ExportSettings defaults() {
    return new ExportSettings(AttentionForm.FUSED, Exporter.TOLERANCE, Optional.empty());
  }

  ExportSettings withAttention(AttentionForm form) {
    return new ExportSettings(form, tolerance, variants);
  }

  ExportSettings withTolerance(double newTolerance) {
    return new ExportSettings(attention, newTolerance, variants);
  }

  ExportSettings withVariants(VariantPlan plan) {
    return new ExportSettings(attention, tolerance, Optional.of(plan));
  }
}
