package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.cli.QuickstartResult.Accuracy;
import ai.lacuna.cli.QuickstartResult.Timing;
import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.LabelledData;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.export.Exporter;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.Reconstructions;
import ai.lacuna.probe.LinearProbe;
import ai.lacuna.probe.ProbeResult;
import ai.lacuna.report.Confusion;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Prediction;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooAutoencoder;
import ai.lacuna.zoo.ZooEntry;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The steps of {@code lacuna quickstart}, timed. */
final class QuickstartRun {
  /** The bundle's folder beside the report. */
  static final String BUNDLE = "bundle";

  private static final int PICTURES = 10;
  private static final int SERVED = 12;
  private static final int PARITY_IMAGES = 32;

  private final ZooEntry entry;
  private final Path out;
  private final Terminal terminal;
  private final List<Timing> timings = new ArrayList<>();
  private long marked = System.nanoTime();

  QuickstartRun(ZooEntry entry, Path out, Terminal terminal) {
    this.entry = entry;
    this.out = out;
    this.terminal = terminal;
  }

  QuickstartResult run(String command) throws IOException {
    try (Encoder encoder = Zoo.load(entry.name(), Device.cpu())) {
      LabelledData data = FashionMnist.sample();
      timed("Load the encoder and the images", "");
      List<Pixels> images = Export.first(data.test(), PARITY_IMAGES);
      QuickstartResult.Pictures pictures = pictures(images.subList(0, PICTURES));
      ProbeResult probe = probe(encoder, data);
      Bundle bundle = export(encoder, probe, images);
      Served served = serve(bundle, data.test());
      return new QuickstartResult(
          facts(),
          pictures,
          new QuickstartResult.Probe(accuracies(probe, served), served.confusion()),
          parity(bundle),
          served.predictions(),
          List.copyOf(timings),
          files(bundle),
          environment(),
          command);
    }
  }

  private QuickstartResult.Pictures pictures(List<Pixels> images) {
    Optional<ZooAutoencoder> autoencoder = entry.autoencoder();
    if (autoencoder.isEmpty()) {
      return new QuickstartResult.Pictures(List.of(), 0, "");
    }
    PretrainConfig config =
        PretrainConfig.fromJson(
            JsonParser.parseString(entry.recipe()).getAsJsonObject().get("pretrain").toString());
    try (Reconstructions reconstructions =
        new Reconstructions(config, autoencoder.get().weights(), Device.cpu())) {
      List<QuickstartResult.Reconstruction> rows =
          reconstructions.of(images, 0).stream()
              .map(
                  r ->
                      new QuickstartResult.Reconstruction(
                          r.original(), r.masked(), r.reconstructed()))
              .toList();
      timed("Reconstruct " + images.size() + " masked images", "");
      String note =
          reconstructions.usesVisibleStatistics()
              ? "It predicts pixels normalised by patch; they are shown with the visible patches'"
                  + " mean brightness and contrast."
              : "It predicts pixels, shown as they are; visible patches are the original's.";
      return new QuickstartResult.Pictures(rows, config.masking().ratio().last(), note);
    }
  }

  private ProbeResult probe(Encoder encoder, LabelledData data) throws IOException {
    try (Stages stages = new Stages(terminal)) {
      ProbeResult result =
          LinearProbe.builder(encoder)
              .train(data.train())
              .test(data.test())
              .lastBlocks(1)
              .c(0.03, 0.1, 0.3, 1)
              .progress(stages::update)
              .build()
              .run();
      int images = data.train().size() + data.test().size();
      marked = System.nanoTime();
      timings.add(
          new Timing(
              String.format(Locale.ROOT, "Embed %,d images with DJL", images),
              (long) (result.featureSeconds() * 1e9),
              rate(images, result.featureSeconds())));
      timings.add(new Timing("Fit the linear classifier", (long) (result.fitSeconds() * 1e9), ""));
      return result;
    }
  }

  private Bundle export(Encoder encoder, ProbeResult probe, List<Pixels> images)
      throws IOException {
    try (ProgressBar bar = terminal.progress("export and compare", 1)) {
      Bundle bundle =
          Exporter.of(encoder.name(), encoder.config(), encoder.preprocessing(), encoder.weights())
              .withHead(probe.head().forExport())
              .write(out.resolve(BUNDLE), images);
      bar.update(1);
      timed("Export, and compare the engines", "");
      return bundle;
    }
  }

  private record Served(
      Confusion confusion, List<QuickstartResult.Prediction> predictions, int images) {}

  private Served serve(Bundle bundle, ImageDataset test) throws IOException {
    List<QuickstartResult.Prediction> shown = new ArrayList<>();
    int[] expected = new int[test.size()];
    int[] predicted = new int[test.size()];
    List<Pixels> images = Export.first(test, test.size());
    try (OnnxClassifier classifier = bundle.classifier();
        ProgressBar bar = terminal.progress("serve with ONNX Runtime", test.size())) {
      List<List<Prediction>> all = classifier.classify(images, 1);
      for (int i = 0; i < expected.length; i++) {
        Prediction best = all.get(i).get(0);
        expected[i] = test.label(i);
        predicted[i] = best.index();
        if (shown.size() < SERVED) {
          String name = test.classNames().get(expected[i]);
          shown.add(
              new QuickstartResult.Prediction(
                  images.get(i), name, best.label(), best.probability()));
        }
      }
      bar.update(test.size());
    }
    double seconds = (System.nanoTime() - marked) / 1e9;
    timed(
        String.format(Locale.ROOT, "Classify %,d images with ONNX Runtime", expected.length),
        rate(expected.length, seconds));
    return new Served(Confusion.of(test.classNames(), expected, predicted), shown, expected.length);
  }

  private static List<Accuracy> accuracies(ProbeResult probe, Served served) {
    return List.of(
        new Accuracy("Training sample, DJL", probe.train().images(), probe.train().top1()),
        new Accuracy("Test sample, DJL", probe.test().images(), probe.test().top1()),
        new Accuracy(
            "Test sample, served by ONNX Runtime", served.images(), served.confusion().accuracy()));
  }

  private static QuickstartResult.Parity parity(Bundle bundle) {
    List<QuickstartResult.ParityRow> rows = new ArrayList<>();
    for (Manifest.Parity p : bundle.manifest().parity()) {
      String engine = p.candidate().equals("torchscript") ? "TorchScript" : "ONNX Runtime";
      String output = p.output().equals("logits") ? "logits" : "features";
      rows.add(
          new QuickstartResult.ParityRow(
              "DJL and " + engine, output, p.batchSize(), p.images(), p.maxAbsError()));
    }
    return new QuickstartResult.Parity(rows, Exporter.TOLERANCE);
  }

  private static List<QuickstartResult.ExportedFile> files(Bundle bundle) {
    Map<String, String> purposes =
        Map.of(
            Manifest.ENCODER_PT, "libtorch, DJL, PyTorch",
            Manifest.CLASSIFIER_PT, "libtorch, DJL, PyTorch",
            Manifest.ENCODER_ONNX, "ONNX Runtime",
            Manifest.CLASSIFIER_ONNX, "ONNX Runtime",
            Manifest.SAMPLE, "images and answers, to check a copy");
    List<QuickstartResult.ExportedFile> files = new ArrayList<>();
    bundle
        .manifest()
        .files()
        .forEach(
            (name, file) ->
                files.add(
                    new QuickstartResult.ExportedFile(
                        name, file.size(), purposes.getOrDefault(name, ""))));
    return files;
  }

  private QuickstartResult.EncoderFacts facts() {
    VitConfig vit = entry.config();
    var data = entry.listing().about().trainingData();
    return new QuickstartResult.EncoderFacts(
        entry.name(),
        String.format(
            Locale.ROOT,
            "patches of %d, width %d, %d blocks, %d heads",
            vit.patchSize(),
            vit.embedDim(),
            vit.depth(),
            vit.numHeads()),
        entry.listing().parameters(),
        String.format(
            Locale.ROOT,
            "was pretrained as a masked autoencoder on %,d images of %s, without their labels.",
            data.images(),
            data.title()));
  }

  private static Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("lacuna", Main.version());
    List<String> shown = List.of("java", "system", "processor", "memory", "engine", "onnx runtime");
    Stream.concat(MachineChecks.all().stream(), EngineChecks.all().stream())
        .filter(check -> shown.contains(check.what()))
        .forEach(check -> environment.put(check.what(), check.found()));
    return environment;
  }

  private void timed(String what, String rate) {
    long now = System.nanoTime();
    timings.add(new Timing(what, now - marked, rate));
    marked = now;
  }

  private static String rate(int images, double seconds) {
    return String.format(Locale.ROOT, "%,.0f images/s", images / Math.max(seconds, 1e-9));
  }
}
