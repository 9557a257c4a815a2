package ai.lacuna.cli;

import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Variant;
import ai.lacuna.zoo.ZooExport;
import ai.lacuna.zoo.ZooExports;
import ai.lacuna.zoo.ZooResult;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Size, agreement and times of an export, for the model card of the entry it was made of. */
final class ExportRecord {
  private static final int BATCH = 32;
  private static final int WARM_UPS = 5;
  private static final int TIMES = 21;

  private ExportRecord() {}

  /**
   * Measures a bundle and records it.
   *
   * @param zoo the zoo's folder
   * @param encoder what was exported
   * @param bundle what it became
   * @param images of the comparison, at least one
   * @param command what repeats it
   * @param started when that began, {@link System#nanoTime}
   */
  static void record(
      Path zoo, Encoder encoder, Bundle bundle, List<Pixels> images, String command, long started)
      throws IOException {
    // Whoever reads the times should know what else the processors had to do.
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    String busy =
        load < 0 ? "" : String.format(Locale.ROOT, ", load average %.1f of all that ran", load);
    List<ZooExport> lines = new ArrayList<>();
    ZooResult.Run none = new ZooResult.Run("", 0, "", "", "");
    Pixels one = images.get(0);
    List<Pixels> many = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      many.add(images.get(i % images.size()));
    }
    lines.add(
        line(
            "TorchScript in DJL",
            Manifest.ENCODER_PT,
            bundle,
            error(bundle, "torch"),
            median(() -> encoder.embed(one)),
            median(() -> encoder.embed(many, ai.lacuna.serving.Pooling.CLS_MEAN)),
            none));
    for (String variant : bundle.variants()) {
      try (OnnxEncoder onnx = bundle.encoder(variant)) {
        lines.add(
            line(
                "ONNX Runtime",
                Variant.fileOf(Manifest.ENCODER_ONNX, variant),
                bundle,
                error(bundle, variant),
                median(() -> onnx.embed(one)),
                median(() -> onnx.embed(many)),
                none));
      }
    }
    ZooExports.record(
        zoo,
        encoder.name(),
        encoder.weights().sha256(),
        command,
        Duration.ofNanos(System.nanoTime() - started),
        run ->
            lines.stream()
                .map(
                    line ->
                        with(
                            line,
                            new ZooResult.Run(
                                run.command(),
                                run.seconds(),
                                run.machine() + busy,
                                run.date(),
                                run.weightsSha256())))
                .toList());
  }

  private static ZooExport line(
      String runtime,
      String file,
      Bundle bundle,
      double error,
      double milliseconds,
      double batchMilliseconds,
      ZooResult.Run run)
      throws IOException {
    Manifest.FileEntry entry = bundle.manifest().files().get(file);
    long bytes = entry == null ? 0 : entry.size();
    return new ZooExport(runtime, file, bytes, error, milliseconds, BATCH, batchMilliseconds, run);
  }

  private static ZooExport with(ZooExport line, ZooResult.Run run) {
    return new ZooExport(
        line.runtime(),
        line.file(),
        line.bytes(),
        line.maxAbsError(),
        line.milliseconds(),
        line.batch(),
        line.batchMilliseconds(),
        run);
  }

  /** The largest difference of a feature: of a runtime in float32, or of a variant. */
  private static double error(Bundle bundle, String what) {
    boolean torch = what.equals("torch");
    if (torch || what.equals(Variant.FLOAT32)) {
      return bundle.manifest().parity().stream()
          .filter(p -> p.candidate().toLowerCase(Locale.ROOT).contains("torch") == torch)
          .filter(p -> !p.output().equals("logits") && !p.output().equals("values"))
          .mapToDouble(Manifest.Parity::maxAbsError)
          .max()
          .orElse(0);
    }
    return bundle.manifest().variants().stream()
        .filter(variant -> variant.name().equals(what))
        .mapToDouble(variant -> variant.agreement().maxAbsError())
        .findFirst()
        .orElse(0);
  }

  /** Of several calls, rounded to a hundredth. */
  private static double median(Runnable call) {
    for (int i = 0; i < WARM_UPS; i++) {
      call.run();
    }
    double[] times = new double[TIMES];
    for (int i = 0; i < TIMES; i++) {
      long begin = System.nanoTime();
      call.run();
      times[i] = (System.nanoTime() - begin) / 1e6;
    }
    Arrays.sort(times);
    return Math.round(100 * times[TIMES / 2]) / 100.0;
  }
}
