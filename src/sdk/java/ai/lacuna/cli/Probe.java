package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.LabelledData;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.engine.Devices;
import ai.lacuna.files.FileReplacement;
import ai.lacuna.probe.FeatureCache;
import ai.lacuna.probe.FeaturePrecision;
import ai.lacuna.probe.FewShotProtocol;
import ai.lacuna.probe.LinearProbe;
import ai.lacuna.probe.LogisticProtocol;
import ai.lacuna.probe.NeighboursProtocol;
import ai.lacuna.probe.ProbeReport;
import ai.lacuna.probe.Protocol;
import ai.lacuna.probe.ProtocolResult;
import ai.lacuna.serving.Pooling;
import ai.lacuna.text.NearMatches;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.cli.Options;

/** {@code lacuna probe}: what a frozen encoder's features are worth on labelled images. */
final class Probe implements Command {

  @Override
  public String name() {
    return "probe";
  }

  @Override
  public String summary() {
    return "fit a linear classifier on an encoder's frozen features";
  }

  @Override
  public String usage() {
    return "--encoder NAME [--data DATA] [options]";
  }

  @Override
  public String details() {
    return """
        NAME is an entry of the zoo ('lacuna zoo list') or the directory of a run.
        DATA is as for 'lacuna pretrain'. Features are computed once for all protocols.
        Everything is chosen on a tenth of the training images; the test images are
        looked at once, at the end. Labels in tables or in the .json members of shards
        are read as by 'lacuna finetune'. Data without a test part lend it a fifth of
        each class, always the same.

          logistic  L2-regularised logistic regression, a sweep of strengths
          mae       batch norm and a linear layer, LARS, 90 epochs (MAE)
          dino      13 rates x blocks x poolings, SGD (DINOv2)
          knn       10, 20, 100 or 200 weighted nearest neighbours (DINOv2)
          few-shot  logistic regression on 1, 5, 10 and 50 images per class, as far as
                    each class has them

          lacuna probe --encoder vit_micro_patch4_28.mae_fashion_mnist \\
              --data fashion-mnist --save head.safetensors
          lacuna probe --encoder vit_micro_patch4_28.mae_fashion_mnist \\
              --data fashion-mnist --protocol all --report probe.html
        """;
  }

  @Override
  public Options options() {
    Options options =
        new Options()
            .addOption(Arguments.value("encoder", "NAME", "the encoder"))
            .addOption(Encoders.imageSize())
            .addOption(Arguments.value("data", "DATA", "labelled images (fashion-mnist-sample)"))
            .addOption(Arguments.value("blocks", "N", "take the features of the last N blocks (4)"))
            .addOption(
                Arguments.value(
                    "pooling", "HOW", "cls, mean, cls_mean, cls_grid or cls_grid7 (cls_mean)"))
            .addOption(
                Arguments.value(
                    "protocol", "NAME", "logistic, mae, dino, knn, few-shot or all (logistic)"))
            .addOption(Arguments.flag("flip-views", "add the mirror image of every training image"))
            .addOption(Arguments.value("shots", "N,N", "few-shot: images per class (1,5,10,50)"))
            .addOption(Arguments.value("draws", "N", "few-shot: draws of each number (5)"))
            .addOption(Arguments.value("json", "FILE", "write all figures there"))
            .addOption(
                Arguments.value(
                    "report", "FILE", "write a page with the most confident mistakes (.html)"))
            .addOption(
                Arguments.value("save", "FILE", "write the head, for 'lacuna export --head'"))
            .addOption(
                Arguments.value(
                    "record", "ZOO", "write the figures into that zoo's folder, entry NAME"))
            .addOption(Arguments.value("cache", "DIR", "keep the features there"))
            .addOption(
                Arguments.value(
                    "precision", "TYPE", "of kept features: float16 or float32 (float32)"))
            .addOption(Arguments.value("seed", "N", "chooses the images held out (0)"))
            .addOption(
                Arguments.value("repeats", "N", "probe N times, with one seed after the other (1)"))
            .addOption(Arguments.value("batch-size", "N", "images at once (64)"))
            .addOption(Arguments.value("device", "NAME", "cpu, cuda, cuda:N or auto (auto)"));
    LabelOptions.addTo(options);
    return options;
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    arguments.requireNoPositional();
    if (arguments.has("record") && arguments.has("cache") && !arguments.has("repeats")) {
      throw new UsageException(
          "--record: expected no --cache beside it, since a cache falsifies the recorded time");
    }
    if (arguments.has("record") && arguments.has(Encoders.IMAGE_SIZE)) {
      throw new UsageException(
          "--record: expected no --image-size beside it, since the zoo's figures are of the entry's"
              + " own size");
    }
    List<Protocol> protocols = protocols(arguments);
    requireSense(arguments, protocols);
    requireFiles(arguments);
    Device device = Devices.parse(arguments.text("device", "auto"));
    int batchSize = arguments.integer("batch-size", Encoder.DEFAULT_BATCH_SIZE, 1);
    Pooling pooling = Pooling.of(arguments.text("pooling", Pooling.CLS_MEAN.label()));
    try (Encoder loaded = Encoders.load(arguments, device, terminal)) {
      Encoder encoder = loaded.withBatchSize(batchSize);
      LabelledData data =
          LabelOptions.classes(
              arguments, arguments.text("data", FashionMnist.SAMPLE_NAME), terminal);
      int blocks = arguments.integer("blocks", Math.min(4, encoder.config().depth()), 1);
      LinearProbe.Builder builder =
          LinearProbe.builder(encoder)
              .train(data.train())
              .test(data.test())
              .lastBlocks(blocks)
              .pooling(pooling);
      if (arguments.has("flip-views")) {
        builder.mirrored(true);
      }
      if (arguments.has("cache")) {
        FeaturePrecision precision = arguments.choice("precision", FeaturePrecision.FLOAT32);
        builder.cache(FeatureCache.in(arguments.path("cache", ""), precision));
      }
      List<ProbeReport> reports = new ArrayList<>();
      for (int i = 0; i < arguments.integer("repeats", 1, 1); i++) {
        builder.seed(arguments.integer("seed", 0, 0) + i);
        try (Stages stages = new Stages(terminal)) {
          reports.add(builder.progress(stages::update).build().evaluate(protocols));
        }
        terminal.line("%s", ProbeText.of(reports.get(i)).stripTrailing());
      }
      write(arguments, terminal, data, reports.get(0));
      if (arguments.has("record")) {
        new ProbeRecord(arguments, encoder, blocks)
            .write(reports, data.train().classNames().size());
        terminal.line(
            "recorded in %s; 'lacuna zoo cards' renews its model card",
            arguments.require("record"));
      }
    }
    return 0;
  }

  private static List<Protocol> protocols(Arguments arguments) {
    FewShotProtocol few = FewShotProtocol.standard();
    if (arguments.has("shots") || arguments.has("draws")) {
      List<Integer> shots = shots(arguments, few.perClass());
      int draws = arguments.integer("draws", few.draws(), 1);
      few = new FewShotProtocol(shots, draws, few.c(), !arguments.has("shots"));
    }
    List<Protocol> all = new ArrayList<>();
    for (Protocol protocol : Protocol.all()) {
      all.add(protocol instanceof FewShotProtocol ? few : protocol);
    }
    String name = arguments.text("protocol", "logistic");
    List<Protocol> chosen =
        all.stream().filter(p -> name.equals("all") || p.label().equals(name)).toList();
    if (chosen.isEmpty()) {
      List<String> known = new ArrayList<>(all.stream().map(Protocol::label).toList());
      known.add("all");
      String hint = NearMatches.question(name, known);
      throw new UsageException(
          "--protocol: expected one of %s, found %s%s"
              .formatted(String.join(", ", known), name, hint.isEmpty() ? "" : "; " + hint));
    }
    return chosen;
  }

  private static List<Integer> shots(Arguments arguments, List<Integer> otherwise) {
    Optional<String> text = arguments.find("shots");
    if (text.isEmpty()) {
      return otherwise;
    }
    try {
      List<Integer> shots =
          Stream.of(text.get().split(",", -1)).map(String::strip).map(Integer::valueOf).toList();
      if (shots.stream().allMatch(n -> n >= 1)) {
        return shots.stream().sorted().distinct().toList();
      }
    } catch (NumberFormatException e) {
      // Said below, in the same words as for a number out of range.
    }
    throw new UsageException(
        "--shots: expected whole numbers of at least 1 such as 1,5,10, found " + text.get());
  }

  /** Before minutes of work, whose results would find no place. */
  private static void requireFiles(Arguments arguments) {
    for (String option : List.of("json", "report", "save")) {
      if (arguments.has(option) && Files.isDirectory(arguments.path(option, ""))) {
        throw new UsageException(
            "--%s: expected the name of a file, found the folder %s"
                .formatted(option, arguments.path(option, "")));
      }
    }
    if (arguments.has("cache") && Files.isRegularFile(arguments.path("cache", ""))) {
      throw new UsageException(
          "--cache: expected a folder, found the file " + arguments.path("cache", ""));
    }
    String page = arguments.text("report", ".html").toLowerCase(Locale.ROOT);
    if (!page.endsWith(".html") && !page.endsWith(".htm")) {
      throw new UsageException(
          "--report: expected a file ending in .html, found " + arguments.require("report"));
    }
  }

  private static void requireSense(Arguments arguments, List<Protocol> protocols) {
    boolean few = protocols.stream().anyMatch(p -> p instanceof FewShotProtocol);
    boolean heads =
        protocols.stream()
            .anyMatch(p -> !(p instanceof FewShotProtocol || p instanceof NeighboursProtocol));
    if (!few && (arguments.has("shots") || arguments.has("draws"))) {
      throw new UsageException("--shots, --draws: expected --protocol few-shot or all beside them");
    }
    if (arguments.has("save") && !heads) {
      throw new UsageException(
          "--save: expected a protocol with a linear head, logistic, mae or dino, found "
              + protocols.get(0).label());
    }
    if (arguments.has("record")
        && !(protocols.size() == 1
            && (protocols.get(0) instanceof LogisticProtocol
                || protocols.get(0) instanceof FewShotProtocol))) {
      throw new UsageException(
          "--record: expected --protocol logistic or few-shot beside it, found "
              + arguments.text("protocol", ""));
    }
    if (arguments.has("precision") && !arguments.has("cache")) {
      throw new UsageException("--precision: expected --cache beside it");
    }
  }

  private static void write(
      Arguments arguments, Terminal terminal, LabelledData data, ProbeReport report)
      throws IOException {
    if (arguments.has("json")) {
      Path file = arguments.path("json", "");
      FileReplacement.write(file, report.toJson());
      terminal.line("figures: %s", file);
    }
    if (arguments.has("report")) {
      Path file = arguments.path("report", "");
      String name = arguments.text("data", FashionMnist.SAMPLE_NAME);
      FileReplacement.write(file, ProbePage.of(report, name, data.test()));
      terminal.line("page: %s", file);
    }
    if (arguments.has("save")) {
      Path file = arguments.path("save", "");
      ProtocolResult best = report.bestHead().orElseThrow();
      best.head().orElseThrow().save(file);
      terminal.line("head: %s (%s)", file, best.protocol());
    }
  }
}
