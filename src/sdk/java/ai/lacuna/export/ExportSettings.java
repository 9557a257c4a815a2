package ai.lacuna.export;

import ai.lacuna.graph.Precision;
import ai.lacuna.graph.onnx.OnnxTarget;
import java.util.List;
import java.util.Optional;

/**
 * How a bundle is written.
 *
 * @param target where the ONNX models are to run
 * @param tolerance largest difference between runtimes
 * @param layers blocks whose tokens are outputs of the ONNX encoder too
 * @param variants ONNX models in other numbers, if any
 * @param archives precisions of TorchScript archives beside float32
 * @param autoencoder the whole masked autoencoder, if it is exported too
 */
record ExportSettings(
    OnnxTarget target,
    double tolerance,
    List<Integer> layers,
    Optional<VariantPlan> variants,
    List<Precision> archives,
    Optional<ExportedAutoencoder> autoencoder) {
  ExportSettings {
    layers = List.copyOf(layers);
    archives = List.copyOf(archives);
  }

  static ExportSettings defaults() {
    return new ExportSettings(
        OnnxTarget.CPU,
        Exporter.TOLERANCE,
        List.of(),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  ExportSettings withTarget(OnnxTarget newTarget) {
    return new ExportSettings(newTarget, tolerance, layers, variants, archives, autoencoder);
  }

  ExportSettings withTolerance(double newTolerance) {
    return new ExportSettings(target, newTolerance, layers, variants, archives, autoencoder);
  }

  ExportSettings withLayers(List<Integer> newLayers) {
    return new ExportSettings(target, tolerance, newLayers, variants, archives, autoencoder);
  }

  ExportSettings withVariants(VariantPlan plan) {
    return new ExportSettings(target, tolerance, layers, Optional.of(plan), archives, autoencoder);
  }

  ExportSettings withArchives(List<Precision> precisions) {
    return new ExportSettings(target, tolerance, layers, variants, precisions, autoencoder);
  }

  ExportSettings withAutoencoder(ExportedAutoencoder whole) {
    return new ExportSettings(target, tolerance, layers, variants, archives, Optional.of(whole));
  }
}
