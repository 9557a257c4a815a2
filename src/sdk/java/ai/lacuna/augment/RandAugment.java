package ai.lacuna.augment;

import ai.lacuna.data.Transform;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.vit.Normalization;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A few of fifteen operations, drawn for each image (RandAugment, arXiv 1909.13719), in the variant
 * of the image library timm.
 *
 * <p>MAE fine-tunes with {@code rand-m9-mstd0.5-inc1} (arXiv 2111.06377, A.1): two layers, each an
 * operation drawn with replacement and applied with probability 0.5, of a magnitude around 9 with
 * deviation 0.5, cut to 0…10. An operation of colour that was drawn for an image whose channels are
 * no colours changes nothing.
 *
 * @param magnitude how strong the operations are
 * @param layers how many operations are drawn, 0…100
 * @param probability how often a drawn operation is applied, 0…1
 * @param increasing whether all operations grow with the magnitude ({@link OperationKind#all})
 * @param fill the colour of what comes into view, one value for all channels or one for each, 0…255
 * @param interpolations the kernels, one of which is drawn for each operation
 */
public record RandAugment(
    Magnitude magnitude,
    int layers,
    double probability,
    boolean increasing,
    List<Integer> fill,
    List<Interpolation> interpolations)
    implements Transform {
  private static final List<Integer> GREY = List.of(128);
  private static final Pattern PART = Pattern.compile("([a-z]+)([0-9]+(?:\\.[0-9]+)?|inf)");

  /** From here on timm takes the deviation for infinite. */
  private static final double MOST_STD = 100;

  /** Checks the ranges. */
  public RandAugment {
    Range.check("rand-augment: layers", layers, 0, 100);
    Range.check("rand-augment: probability", probability, 0, 1);
    fill = Colours.checked(fill);
    interpolations = List.copyOf(interpolations);
    if (interpolations.isEmpty()) {
      throw new IllegalArgumentException("rand-augment: expected a kernel, found none");
    }
  }

  /**
   * Reads timm's text form: {@code rand}, then parts in any order.
   *
   * <table>
   * <caption>Parts</caption>
   * <tr><th>part</th><th>meaning</th><th>without it</th></tr>
   * <tr><td>{@code m9}</td><td>magnitude</td><td>10</td></tr>
   * <tr><td>{@code mstd0.5}</td><td>its deviation; above 100 it is uniform from 0</td><td>0</td></tr>
   * <tr><td>{@code mmax20}</td><td>where it is cut</td><td>10</td></tr>
   * <tr><td>{@code n2}</td><td>layers</td><td>2</td></tr>
   * <tr><td>{@code p0.5}</td><td>probability of each</td><td>0.5</td></tr>
   * <tr><td>{@code inc1}</td><td>operations that grow with the magnitude</td><td>{@code inc0}</td></tr>
   * </table>
   *
   * @param text such as {@code rand-m9-mstd0.5-inc1}
   * @return the transform: filled with grey 128, bilinear or bicubic by chance
   * @throws IllegalArgumentException if the text is not of that form
   */
  public static RandAugment parse(String text) {
    String[] parts = text.split("-", -1);
    if (!parts[0].equals("rand")) {
      throw wrong(text, "'rand' at the start", parts[0]);
    }
    double mean = 10;
    double std = 0;
    double max = 10;
    int layers = 2;
    double probability = 0.5;
    boolean increasing = false;
    for (int i = 1; i < parts.length; i++) {
      Matcher matcher = PART.matcher(parts[i]);
      if (!matcher.matches()) {
        throw wrong(text, "m, mstd, mmax, n, p or inc with a number", parts[i]);
      }
      double value =
          matcher.group(2).equals("inf")
              ? Double.POSITIVE_INFINITY
              : Double.parseDouble(matcher.group(2));
      switch (matcher.group(1)) {
        case "m" -> mean = value;
        case "mstd" -> std = value > MOST_STD ? Double.POSITIVE_INFINITY : value;
        case "mmax" -> max = value;
        case "n" -> layers = whole(text, parts[i], value);
        case "p" -> probability = value;
        case "inc" -> increasing = whole(text, parts[i], value) != 0;
        default -> throw wrong(text, "m, mstd, mmax, n, p or inc with a number", parts[i]);
      }
    }
    return new RandAugment(
        new Magnitude(mean, std, max),
        layers,
        probability,
        increasing,
        GREY,
        List.of(Interpolation.BILINEAR, Interpolation.BICUBIC));
  }

  private static int whole(String text, String part, double value) {
    if (value != Math.rint(value) || value > Integer.MAX_VALUE) {
      throw wrong(text, "a whole number", part);
    }
    return (int) value;
  }

  private static IllegalArgumentException wrong(String text, String expected, String found) {
    return new IllegalArgumentException(
        "%s: expected %s, found '%s'; such as rand-m9-mstd0.5-inc1"
            .formatted(text, expected, found));
  }

  /**
   * Returns the text form; fill and kernels are not in it.
   *
   * @return what {@link #parse} reads
   */
  public String text() {
    StringBuilder text = new StringBuilder("rand-m" + Range.plain(magnitude.mean()));
    part(text, "mstd", magnitude.std(), 0);
    part(text, "mmax", magnitude.max(), 10);
    part(text, "n", layers, 2);
    part(text, "p", probability, 0.5);
    part(text, "inc", increasing ? 1 : 0, 0);
    return text.toString();
  }

  private static void part(StringBuilder text, String key, double value, double otherwise) {
    if (value != otherwise) {
      boolean infinite = value == Double.POSITIVE_INFINITY;
      text.append('-').append(key).append(infinite ? "inf" : Range.plain(value));
    }
  }

  /**
   * Returns this with another colour for what comes into view.
   *
   * @param newFill one value for all channels, or one for each, 0…255
   * @return the transform
   */
  public RandAugment withFill(List<Integer> newFill) {
    return new RandAugment(magnitude, layers, probability, increasing, newFill, interpolations);
  }

  /**
   * Returns this with the data's mean as the colour of what comes into view, as timm does.
   *
   * @param normalization the statistics of the data
   * @return the transform
   */
  public RandAugment withMean(Normalization normalization) {
    return withFill(normalization.mean().stream().map(Colours::ofShare).toList());
  }

  /**
   * Returns this with one kernel; MAE's fine-tuning has bicubic ones only.
   *
   * @param only the kernel
   * @return the transform
   */
  public RandAugment withInterpolation(Interpolation only) {
    return new RandAugment(magnitude, layers, probability, increasing, fill, List.of(only));
  }

  @Override
  public Pixels apply(Pixels image, long seed, long epoch, long sampleId) {
    Pixels result = image;
    for (Operation operation : draw(seed, epoch, sampleId)) {
      result = operation.apply(result);
    }
    return result;
  }

  /**
   * Draws the operations of one image.
   *
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @param sampleId the id of the sample
   * @return those that are applied, in order; at most {@code layers}
   */
  public List<Operation> draw(long seed, long epoch, long sampleId) {
    CounterRandom random = CounterRandom.of(seed, epoch, sampleId, Purpose.AUGMENT);
    List<OperationKind> kinds = OperationKind.all(increasing);
    List<Operation> operations = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      OperationKind kind = kinds.get(random.nextInt(kinds.size()));
      if (random.nextDouble() < probability) {
        double drawn = magnitude.draw(random);
        boolean negative = random.nextBoolean();
        Interpolation kernel = interpolations.get(random.nextInt(interpolations.size()));
        operations.add(kind.at(drawn, negative, kernel, fill));
      }
    }
    return operations;
  }
}
