package ai.lacuna.finetune;

import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.vit.HeadConfig.Target;
import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Mean and deviation of the values of the training images. A head learns values less their mean,
 * over their deviation, so that all count alike and a rate fits data of any unit; its weights are
 * then brought to the units of the data, so that the network that is used or exported gives those.
 *
 * @param mean of each value; empty for classes and labels
 * @param deviation of each value, above 0
 */
public record ValueScale(List<Double> mean, List<Double> deviation) {
  /**
   * The least deviation in steps of float32, in which a network gives its values: the rounding of
   * one step, whose deviation is 0.29, is then less than 4 % of it.
   */
  private static final int LEAST_STEPS = 8;

  /** From here on float32 has no fractions, and soon not every whole number. */
  private static final double WHOLE = 1 << 23;

  /**
   * Copies both.
   *
   * @throws IllegalArgumentException if they are not of one length, or a number is out of range
   */
  public ValueScale {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.size() != deviation.size()
        || !mean.stream().allMatch(Double::isFinite)
        || !deviation.stream().allMatch(d -> d > 0 && Double.isFinite(d))) {
      throw new IllegalArgumentException(
          "scale of values: expected a mean and a deviation above 0 for each, found "
              + mean
              + " and "
              + deviation);
    }
  }

  /** That of classes and labels, which have none. */
  public static ValueScale none() {
    return new ValueScale(List.of(), List.of());
  }

  /**
   * Measures it, in double precision; the variance is that of the images themselves, over their
   * number.
   *
   * @param train the training images
   * @return the scale, none unless they have values
   * @throws DataException if a value is the same for all images, or differs by so little that
   *     float32, in which a network gives it, can hardly tell
   * @throws IOException if a sample's id can't be read
   */
  static ValueScale of(LabelledImages train) throws IOException {
    if (train.targets().target() != Target.VALUES) {
      return none();
    }
    List<float[]> rows = new ArrayList<>();
    ImageDataset images = train.images();
    for (int i = 0; i < images.size(); i++) {
      rows.add(train.targets().of(images.id(i), images.label(i)));
    }
    List<String> names = train.targets().names();
    List<Double> means = new ArrayList<>();
    List<Double> deviations = new ArrayList<>();
    for (int k = 0; k < names.size(); k++) {
      int column = k;
      double mean = rows.stream().mapToDouble(row -> row[column]).average().orElse(0);
      double variance =
          rows.stream()
              .mapToDouble(row -> (row[column] - mean) * (row[column] - mean))
              .average()
              .orElse(0);
      double most = rows.stream().mapToDouble(row -> Math.abs(row[column])).max().orElse(0);
      requireSteps(images.name(), names.get(k), mean, Math.sqrt(variance), Math.ulp((float) most));
      means.add(mean);
      deviations.add(Math.sqrt(variance));
    }
    return new ValueScale(means, deviations);
  }

  private static void requireSteps(
      String images, String name, double mean, double deviation, double step) {
    String subtract =
        "subtract a number near %s from all: of such ones float32 has steps of %s"
            .formatted((float) mean, (float) step);
    if (!(deviation > 0)) {
      throw new DataException(
          "%s: expected values of %s that differ, found %s for every training image; leave it out%s"
              .formatted(images, name, mean, Math.abs(mean) < WHOLE ? "" : ", or " + subtract));
    }
    if (deviation < LEAST_STEPS * step) {
      throw new DataException(
          "%s: expected values of %s that float32 tells apart, found a deviation of %s; %s"
              .formatted(images, name, (float) deviation, subtract));
    }
  }

  private boolean isNone() {
    return mean.isEmpty();
  }

  /** What the head learns for a row of values. */
  float[] standardized(float[] values) {
    if (isNone()) {
      return values;
    }
    float[] standardized = new float[values.length];
    for (int k = 0; k < values.length; k++) {
      standardized[k] = (float) ((values[k] - mean.get(k)) / deviation.get(k));
    }
    return standardized;
  }

  /** An error over the deviation of what is in error. */
  double standardized(int value, double error) {
    return isNone() ? error : error / deviation.get(value);
  }

  /** The weights of the same network with a head that gives values in the units of the data. */
  NamedTensors inUnits(NamedTensors trained) {
    if (isNone()) {
      return trained;
    }
    NamedTensors.Builder all = NamedTensors.builder();
    trained.forEach(
        entry ->
            all.add(
                entry.name(),
                switch (entry.name()) {
                  case ImageClassifier.WEIGHT -> scaled(entry.tensor(), false);
                  case ImageClassifier.BIAS -> scaled(entry.tensor(), true);
                  default -> entry.tensor();
                }));
    return all.build();
  }

  private Tensor scaled(Tensor tensor, boolean shifts) {
    float[] values = tensor.toFloats();
    int width = values.length / mean.size();
    for (int i = 0; i < values.length; i++) {
      int k = i / width;
      values[i] = (float) (values[i] * deviation.get(k) + (shifts ? mean.get(k) : 0));
    }
    return Tensor.of(values, tensor.shape());
  }
}
