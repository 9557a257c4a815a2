package ai.lacuna.serving;

import java.util.List;
import java.util.Map;

/** Manifests for tests. */
final class Manifests {
  private Manifests() {}

  static Manifest of(Map<String, Manifest.FileEntry> files) {
    return new Manifest(
        "tiny",
        "lacuna test",
        "ab".repeat(32),
        new Manifest.Architecture("vit", 2, 8, 3, 2, 4, 17),
        new Preprocessing(8, 8, 1, List.of(0.5), List.of(0.25), Interpolation.BICUBIC, 0.875),
        Manifest.Target.CLASSES,
        List.of("a", "b"),
        20,
        files,
        List.of(new Manifest.Output("encoder.onnx", "cls", List.of(-1L, 8L))),
        List.of(
            new Manifest.Parity("djl", "onnxruntime", "cls", 3, 36, 1.5e-7, 1e-4, 0.999999, 1.0)),
        List.of(
            new Variant(
                "float32",
                4000,
                3,
                new Variant.Agreement("head", 36, 1, 1, 1, 1, 0, 0.75),
                new Variant.Speed(2, 1.5, 32, 40.25)),
            new Variant(
                "int8",
                1100,
                1,
                new Variant.Agreement("head", 36, 0.995, 0.99, 0.9999, 0.999, 0.0625, Double.NaN),
                new Variant.Speed(2, 0.75, 32, 16.5))));
  }
}
