package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.files.FileReplacement;
import ai.lacuna.monitor.FineTuneReport;
import ai.lacuna.segment.MaskedImages;
import ai.lacuna.segment.SegmentAugmentation;
import ai.lacuna.segment.SegmentationData;
import ai.lacuna.segment.SegmentationScores;
import ai.lacuna.segment.Segmented;
import ai.lacuna.segment.Segmenter;
import ai.lacuna.segment.SegmenterBuilder;
import ai.lacuna.segment.SegmenterConfig;
import ai.lacuna.text.Counted;
import ai.lacuna.vit.SegmentationHead;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.cli.Options;

/** {@code lacuna segment}: trains a dense head on images with masks, or writes masks with one. */
final class SegmentCommand implements Command {
  private static final double VALIDATION = 0.1;
  private static final int SHOWN = 8;

  private static final RecipeOptions.Defaults DEFAULTS =
      new RecipeOptions.Defaults("head@10", 32, "8e-3");

  @Override
  public String name() {
    return "segment";
  }

  @Override
  public String summary() {
    return "train a class for each pixel on images with masks, and predict masks";
  }

  @Override
  public String usage() {
    return """
        --encoder NAME --data DIR --out DIR [options]
               lacuna segment --model DIR --masks DIR IMAGE...
               lacuna segment --model DIR --export DIR [IMAGE...]""";
  }

  @Override
  public String details() {
    return """
        --data is a folder with images/ and masks/, or with train/ and test/ (or val/)
        that hold these, or with images/train, masks/train and so on. The mask of
        images/a/b.jpg is masks/a/b.png: a grey or palette PNG of up to 8 bits whose
        values or palette indices are classes, from 0; 255 is ignored. A file
        classes.txt, or --classes, names a class in each line.

        Each epoch is judged on a tenth of the training images that is held out, or on
        the test images if --val-share is 0; the best one is kept as
        DIR/model.safetensors. At the end the test images, or without any the held-out
        ones, are judged; DIR/segmentation.png and DIR/report.html show some of them. A
        run that was stopped goes on when started again on the same directory.

        Images are squeezed into the network's size; --image-size gives it another
        one. Masks are predicted and judged at the size of the image.

        --export with --variant adds models in fewer bits; one that gives more than
        1 % of the pixels (float16: 0.1 %) of the test images another class keeps its
        first blocks in float32, or is refused unless --force is there. Images named
        after the options judge in place of the run's own.

          lacuna segment --encoder vit_micro_patch4_28.mae_fashion_mnist \\
              --data clothes --out runs/clothes --head conv --plan 'head@5, all@10'
          lacuna segment --model runs/clothes --masks predicted shirt.png
          lacuna segment --model runs/clothes --export bundle --variant int8
          lacuna predict --bundle bundle --masks predicted shirt.png
        """;
  }

  @Override
  public Options options() {
    Options options =
        new Options()
            .addOption(Arguments.value("encoder", "NAME", "the pretrained encoder"))
            .addOption(Encoders.imageSize())
            .addOption(Arguments.value("data", "DIR", "images and masks"))
            .addOption(Arguments.value("classes", "FILE", "names, a line for each class"))
            .addOption(Arguments.value("model", "DIR", "a run of this command, to predict with"))
            .addOption(Arguments.value("masks", "DIR", "where predicted masks go, as PNG"))
            .addOption(
                Arguments.value(
                    "export", "DIR", "write a bundle, for 'lacuna predict' and lacuna-serving"))
            .addOption(SegmenterExport.variant())
            .addOption(ExportVariants.compare(SegmenterExport.COMPARED))
            .addOption(ExportVariants.calibrate())
            .addOption(
                Arguments.value(
                    "val-share", "S", "share of the training images to judge epochs on (0.1)"))
            .addOption(
                Arguments.value("head", "KIND", "linear, or conv: two convolutions (linear)"))
            .addOption(Arguments.value("head-width", "N", "channels of --head conv (256)"))
            .addOption(
                Arguments.value("min-crop", "S", "least area of a random crop; 1 for none (0.5)"))
            .addOption(JpegOption.option())
            .addOption(Arguments.flag("no-flip", "do not mirror images"))
            .addOption(Arguments.value("color-jitter", "S", "strength, 0 to 1 (0)"));
    RunOptions.addTo(options);
    TrackerOptions.addTo(options);
    RecipeOptions.addTo(options, DEFAULTS);
    return options;
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    if (arguments.has("export")) {
      return SegmenterExport.run(arguments, terminal);
    }
    for (String option : List.of("variant", "compare", "calibrate")) {
      if (arguments.has(option)) {
        throw new UsageException("--" + option + ": expected --export beside it, found none");
      }
    }
    if (arguments.has("model")) {
      return MaskPrediction.run(arguments, terminal);
    }
    if (arguments.has("masks")) {
      throw new UsageException("--masks: expected --model beside it, found none; leave it out");
    }
    SegmentationHead.Kind head = arguments.choice("head", SegmentationHead.Kind.LINEAR);
    if (arguments.has("head-width") && head != SegmentationHead.Kind.CONV) {
      throw new UsageException(
          "--head-width: expected --head conv beside it, for a linear head has no width");
    }
    arguments.requireNoPositional();
    List<Device> devices = RunOptions.devices(arguments);
    Path root = Arguments.existing(arguments.require("data"));
    arguments.require("out");
    SegmentationData data =
        arguments.has("classes")
            ? SegmentationData.open(
                root, SegmentationData.classes(Arguments.existing(arguments.require("classes"))))
            : SegmentationData.open(root);
    try (Encoder encoder = Encoders.load(arguments, devices.get(0), terminal)) {
      SegmenterBuilder builder = Segmenter.builder(encoder, data.train());
      RecipeOptions.apply(arguments, builder, DEFAULTS)
          .head(head)
          .headWidth(arguments.integer("head-width", SegmenterBuilder.WIDTH, 1))
          .augmentation(
              new SegmentAugmentation(
                      arguments.number("min-crop", 0.5, 0, 1),
                      !arguments.has("no-flip"),
                      arguments.number("color-jitter", 0, 0, 1))
                  .withJpeg(JpegOption.read(arguments)));
      RunOptions.apply(arguments, devices, builder).source(root.toString());
      Optional<MaskedImages> judged = judged(arguments, builder, data);
      Optional<MaskedImages> test = data.test().or(() -> judged);
      return train(arguments, terminal, builder, test, test.equals(judged), devices);
    }
  }

  /** What epochs are judged on. */
  private static Optional<MaskedImages> judged(
      Arguments arguments, SegmenterBuilder builder, SegmentationData data) throws IOException {
    double share = arguments.number("val-share", VALIDATION, 0, 1);
    if (share > 0) {
      builder.validationShare(share);
    } else {
      data.test().ifPresent(builder::validation);
    }
    return builder.validation();
  }

  private int train(
      Arguments arguments,
      Terminal terminal,
      SegmenterBuilder builder,
      Optional<MaskedImages> test,
      boolean decided,
      List<Device> devices)
      throws IOException {
    long started = System.nanoTime();
    JudgedTraining training = new JudgedTraining(arguments, terminal, name(), "segmentation");
    SegmenterConfig config = builder.build().config();
    Segmenter.Result result =
        training.watch(
            config.toJson(),
            config.recipe().plan().text(),
            progress -> builder.progress(progress).build().run());
    training.summary(
        result.steps(), System.nanoTime() - started, devices, result.epoch(), result.validation());
    if (test.isPresent()) {
      SegmentationScores scores =
          judge(terminal, result, test.get(), sheet(training.directory()), devices.get(0));
      training.report(
          config.recipe().plan().text(), figures(scores, decided, sheet(training.directory())));
    }
    training.files();
    return 0;
  }

  private static FineTuneReport.Test figures(
      SegmentationScores scores, boolean decided, Path sheet) {
    List<FineTuneReport.ClassIou> classes =
        IntStream.range(0, scores.classes().size())
            .mapToObj(
                i -> new FineTuneReport.ClassIou(scores.classes().get(i), scores.iou().get(i)))
            .toList();
    return new FineTuneReport.Test(
        scores.images(), decided, scores.figures(), Optional.empty(), classes, Optional.of(sheet));
  }

  private static SegmentationScores judge(
      Terminal terminal, Segmenter.Result result, MaskedImages test, Path sheet, Device device)
      throws IOException {
    try (Segmented model = result.open(device)) {
      SegmentationScores scores = model.evaluate(test);
      terminal.line(
          "%s: %s of %s, %s",
          test.pairs().name(),
          Figures.words(scores.figures()),
          Counted.of(scores.images(), "image"),
          Counted.of(scores.pixels(), "pixel"));
      for (int i = 0; i < scores.classes().size(); i++) {
        double share = scores.iou().get(i);
        terminal.line(
            "  %-24s IoU %s",
            scores.classes().get(i),
            Double.isNaN(share)
                ? "- (neither in masks nor predicted)"
                : String.format(Locale.ROOT, "%6.2f %%", 100 * share));
      }
      FileReplacement.write(
          sheet, SegmentationSheet.of(model, test, Math.min(SHOWN, test.pairs().size()), scores));
      terminal.line("pictures: %s", sheet);
      return scores;
    }
  }

  private static Path sheet(Path run) {
    return run.resolve("segmentation.png");
  }
}
