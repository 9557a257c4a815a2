package ai.lacuna.cli;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.masking.ImageMaskSampler;
import ai.lacuna.masking.Mask;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.masking.MaskStrategy;
import ai.lacuna.masking.PatchGrid;
import ai.lacuna.masking.RatioSchedule;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Resize;
import ai.lacuna.text.Counted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Strategies of masking on images, and schedules of the ratio, ready to be laid out.
 *
 * @param settings what is drawn
 * @param data what the images are of
 * @param epochs the epochs that masks are drawn for, from 0
 * @param subjects the images
 * @param rows a strategy each
 * @param curves schedules
 */
record MaskSheet(
    Settings settings,
    String data,
    List<Integer> epochs,
    List<Subject> subjects,
    List<Row> rows,
    List<Curve> curves) {
  private static final int LOOKED_AT = 500;

  /** The colour of a removed patch: bluish, which no grey image is. */
  private static final int[] REMOVED = {0xc3, 0xcd, 0xdf};

  /** What is drawn. */
  record Settings(
      PatchGrid grid, int patchSize, RatioSchedule ratio, long seed, List<String> strategies) {}

  /** An image, and what it shows if the data says so. */
  record Subject(long id, String caption, Pixels image) {}

  /** A strategy: for each subject a tile for each epoch. */
  record Row(String strategy, String sentence, List<List<Tile>> tiles) {}

  /** One mask: its picture, counted. */
  record Tile(Pixels picture, int removed) {}

  /** A schedule's ratios, from epoch 0 on. */
  record Curve(String name, String text, List<Double> ratios) {}

  static MaskSheet draw(Settings settings, ImageDataset data, int images) throws IOException {
    new MaskPlan(new MaskStrategy.Random(), settings.ratio).requireFit(settings.grid.size());
    List<MaskStrategy> strategies = settings.strategies.stream().map(MaskStrategy::parse).toList();
    List<Integer> epochs = epochs(settings.ratio);
    List<Subject> subjects = subjects(settings, data, images);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < strategies.size(); i++) {
      List<List<Tile>> tiles = new ArrayList<>();
      for (Subject subject : subjects) {
        List<Tile> row = new ArrayList<>();
        for (int epoch : epochs) {
          row.add(tile(settings, strategies.get(i), subject, epoch));
        }
        tiles.add(row);
      }
      String text = settings.strategies.get(i);
      rows.add(new Row(text, MaskCatalogue.sentence(text), tiles));
    }
    return new MaskSheet(settings, data.name(), epochs, subjects, rows, curves(settings));
  }

  /** The first three, or of a ramp its start, middle and end. */
  private static List<Integer> epochs(RatioSchedule ratio) {
    return ratio instanceof RatioSchedule.Ramp ramp
        ? IntStream.of(0, ramp.epochs() / 2, ramp.epochs()).distinct().boxed().toList()
        : List.of(0, 1, 2);
  }

  /** Images of different classes as far as there are any, else the first. */
  private static List<Subject> subjects(Settings settings, ImageDataset data, int images)
      throws IOException {
    List<Integer> chosen = new ArrayList<>();
    Set<Integer> classes = new HashSet<>();
    int known = Math.min(LOOKED_AT, data.size());
    for (int i = 0; i < known && chosen.size() < images; i++) {
      if (classes.add(data.label(i))) {
        chosen.add(i);
      }
    }
    for (int i = 0; i < known && chosen.size() < images; i++) {
      if (!chosen.contains(i)) {
        chosen.add(i);
      }
    }
    if (chosen.isEmpty()) {
      throw new UsageException("--data: expected at least one image in " + data.name());
    }
    List<Subject> subjects = new ArrayList<>();
    for (int index : chosen) {
      Sample sample = data.get(index);
      boolean named = sample.label() >= 0 && sample.label() < data.classNames().size();
      String caption = named ? data.classNames().get(sample.label()) : "image " + index;
      subjects.add(new Subject(sample.id(), caption, fitted(sample.pixels(), settings)));
    }
    return subjects;
  }

  /** The largest central part of the grid's shape, resized to it. */
  private static Pixels fitted(Pixels image, Settings settings) {
    int height = settings.grid.height() * settings.patchSize;
    int width = settings.grid.width() * settings.patchSize;
    double scale = Math.min((double) image.height() / height, (double) image.width() / width);
    double partHeight = Math.min(image.height(), height * scale);
    double partWidth = Math.min(image.width(), width * scale);
    Box part =
        new Box(
            (image.height() - partHeight) / 2,
            (image.width() - partWidth) / 2,
            partHeight,
            partWidth);
    return Resize.resize(image, part, height, width, Interpolation.BICUBIC);
  }

  private static Tile tile(Settings settings, MaskStrategy strategy, Subject subject, int epoch) {
    MaskPlan plan = new MaskPlan(strategy, settings.ratio);
    int keep = plan.keep(settings.grid.size(), settings.seed, epoch);
    ImageMaskSampler sampler = strategy.sampler(settings.grid, keep);
    Mask mask = sampler.sample(settings.seed, epoch, subject.id, subject.image);
    Pixels colour = subject.image.withChannels(3);
    byte[] data = colour == subject.image ? colour.data().clone() : colour.data();
    for (int i = 0; i < data.length; i++) {
      int y = i / 3 / colour.width() / settings.patchSize;
      int x = i / 3 % colour.width() / settings.patchSize;
      if (mask.removed(y * settings.grid.width() + x)) {
        data[i] = (byte) REMOVED[i % 3];
      }
    }
    int removed = (int) IntStream.range(0, settings.grid.size()).filter(mask::removed).count();
    return new Tile(Pixels.of(colour.height(), colour.width(), 3, data), removed);
  }

  /** The three ramps and the constant, with the ends of the ratio, or up to a constant one. */
  private static List<Curve> curves(Settings settings) {
    double first = settings.ratio.first();
    double last = settings.ratio.last();
    int epochs = 20;
    if (settings.ratio instanceof RatioSchedule.Ramp ramp) {
      epochs = ramp.epochs();
    } else {
      first = Math.rint(100 * last * 2 / 3) / 100;
    }
    List<RatioSchedule> schedules = new ArrayList<>();
    schedules.add(new RatioSchedule.Constant(last));
    for (RatioSchedule.Shape shape : RatioSchedule.Shape.values()) {
      schedules.add(new RatioSchedule.Ramp(shape, first, last, epochs));
    }
    int shown = epochs + Math.max(1, epochs / 4);
    return schedules.stream()
        .map(
            schedule ->
                new Curve(
                    word(schedule),
                    schedule.text(),
                    IntStream.rangeClosed(0, shown)
                        .mapToObj(epoch -> schedule.at(settings.seed, epoch))
                        .toList()))
        .toList();
  }

  private static String word(RatioSchedule schedule) {
    if (schedule instanceof RatioSchedule.Ramp ramp) {
      return switch (ramp.shape()) {
        case LINEAR -> "linear";
        case COSINE -> "cosine";
        case RANDOM -> "random annealing";
      };
    }
    return "constant";
  }

  /** Patches removed in one of the epochs shown, the same for every strategy and image. */
  int removed(int epochIndex) {
    return rows.get(0).tiles.get(0).get(epochIndex).removed;
  }

  /** What is removed and kept of each image, a line for each count. */
  List<String> counts() {
    List<String> lines = new ArrayList<>();
    for (int e = 0; e < epochs.size(); e++) {
      if (settings.ratio instanceof RatioSchedule.Ramp) {
        lines.add("epoch " + epochs.get(e) + ": " + removed(e) + " removed");
      } else if (e == 0) {
        lines.add(Counted.of(removed(e), "patch", "patches") + " removed");
        lines.add(settings.grid.size() - removed(e) + " kept");
        lines.add("epochs 0, 1 and 2");
      }
    }
    return lines;
  }

  /** Counts and grid in a line. */
  String summary() {
    int patches = settings.grid.size();
    StringBuilder counts = new StringBuilder();
    int[] each = IntStream.range(0, epochs.size()).map(this::removed).distinct().toArray();
    for (int removed : each) {
      counts.append(counts.isEmpty() ? "" : ", ").append(removed);
    }
    return String.format(
        Locale.ROOT,
        "%s of %d patches removed (ratio %s) on a grid of %d × %d, seed %d",
        counts,
        patches,
        settings.ratio.text(),
        settings.grid.height(),
        settings.grid.width(),
        settings.seed);
  }

  /** The range that the curves' axis needs, in whole tenths. */
  double[] range() {
    double least = 1;
    double most = 0;
    for (Curve curve : curves) {
      for (double ratio : curve.ratios) {
        least = Math.min(least, ratio);
        most = Math.max(most, ratio);
      }
    }
    return new double[] {
      Math.max(0, Math.floor(10 * least - 0.2) / 10), Math.min(1, Math.ceil(10 * most + 0.2) / 10)
    };
  }
}
