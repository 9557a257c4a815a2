package ai.lacuna.cli;

import ai.lacuna.augment.Mix;
import ai.lacuna.augment.Mixing;
import ai.lacuna.augment.Operation;
import ai.lacuna.augment.RandAugment;
import ai.lacuna.data.FitAndPad;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.data.Transform;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.text.Counted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Images and what augmentation makes of them, ready to be laid out.
 *
 * @param data what the images are of
 * @param rows the images
 * @param mixes how each column is mixed, in words; empty words where it is not
 * @param summary counts and recipe in a line
 */
record AugmentSheet(String data, List<Row> rows, List<String> mixes, String summary) {
  private static final int LOOKED_AT = 500;

  /** What is done to the images. */
  record Recipe(
      Transform placement, Optional<RandAugment> randAugment, Transform after, Mixing mixing) {}

  /** An image, what it shows if the data says so, and its draws. */
  record Row(String caption, Pixels original, List<Tile> tiles) {}

  /** One draw, and the operations in it that have a name. */
  record Tile(Pixels picture, List<String> operations) {}

  static AugmentSheet draw(
      ImageDataset data, Recipe recipe, ImageSize size, int images, int draws, long seed)
      throws IOException {
    List<Sample> samples = samples(data, images);
    Transform whole = new FitAndPad(size.height(), size.width(), Interpolation.BICUBIC, List.of(0));
    List<List<Tile>> columns = new ArrayList<>();
    List<String> mixes = new ArrayList<>();
    for (int epoch = 0; epoch < draws; epoch++) {
      Mix mix = recipe.mixing.draw(seed, epoch, 0, size.height(), size.width());
      columns.add(column(samples, recipe, mix, seed, epoch));
      mixes.add(words(mix));
    }
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < samples.size(); i++) {
      int row = i;
      Sample sample = samples.get(i);
      rows.add(
          new Row(
              caption(data, sample),
              whole.apply(sample.pixels(), seed, 0, sample.id()),
              columns.stream().map(column -> column.get(row)).toList()));
    }
    String summary =
        "%s, %s each, %d × %d, %s, seed %d"
            .formatted(
                Counted.of(samples.size(), "image"),
                Counted.of(draws, "draw"),
                size.height(),
                size.width(),
                recipe.randAugment.map(RandAugment::text).orElse("no RandAugment"),
                seed);
    return new AugmentSheet(data.name(), rows, mixes, summary);
  }

  /** Images of different classes as far as there are any, else the first. */
  private static List<Sample> samples(ImageDataset data, int images) throws IOException {
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
    List<Sample> samples = new ArrayList<>();
    for (int index : chosen) {
      samples.add(data.get(index));
    }
    return samples;
  }

  private static String caption(ImageDataset data, Sample sample) {
    boolean named = sample.label() >= 0 && sample.label() < data.classNames().size();
    return named ? data.classNames().get(sample.label()) : "image " + sample.id();
  }

  private static List<Tile> column(
      List<Sample> samples, Recipe recipe, Mix mix, long seed, int epoch) {
    List<Tile> plain = new ArrayList<>();
    for (Sample sample : samples) {
      Pixels picture = recipe.placement.apply(sample.pixels(), seed, epoch, sample.id());
      List<String> operations = new ArrayList<>();
      if (recipe.randAugment.isPresent()) {
        for (Operation operation : recipe.randAugment.get().draw(seed, epoch, sample.id())) {
          picture = operation.apply(picture);
          operations.add(operation.getClass().getSimpleName());
        }
      }
      plain.add(new Tile(recipe.after.apply(picture, seed, epoch, sample.id()), operations));
    }
    List<Tile> mixed = new ArrayList<>();
    for (int i = 0; i < plain.size(); i++) {
      Tile own = plain.get(i);
      Pixels other = plain.get(Mix.partner(i, plain.size())).picture;
      mixed.add(new Tile(mixed(own.picture, other, mix), own.operations));
    }
    return mixed;
  }

  private static Pixels mixed(Pixels own, Pixels other, Mix mix) {
    float[] weights = mix.weights(own.height(), own.width());
    int channels = own.channels();
    byte[] data = new byte[own.data().length];
    for (int i = 0; i < data.length; i++) {
      float weight = weights[i / channels];
      float value = (own.data()[i] & 0xff) * weight + (other.data()[i] & 0xff) * (1 - weight);
      data[i] = (byte) Math.round(value);
    }
    return Pixels.of(own.height(), own.width(), channels, data);
  }

  private static String words(Mix mix) {
    if (mix.equals(Mix.none())) {
      return "";
    }
    return (mix instanceof Mix.Cut ? "cutmix %.2f" : "mixup %.2f").formatted(mix.lambda());
  }
}
