package ai.lacuna.vit;

import java.util.List;

/**
 * Mean and deviation of each channel, on the scale where black is 0 and white is 1.
 *
 * @param mean one value for each channel
 * @param std one positive value for each channel
 */
public record Normalization(List<Double> mean, List<Double> std) {
  /**
   * @throws IllegalArgumentException if the lengths differ or a deviation is not positive
   */
  public Normalization {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (mean.size() != std.size() || mean.isEmpty()) {
      throw new IllegalArgumentException(
          "normalization: expected a mean and a std for each channel, found "
              + mean.size()
              + " and "
              + std.size());
    }
    if (!std.stream().allMatch(s -> s > 0)) {
      throw new IllegalArgumentException("normalization: expected std above 0, found " + std);
    }
  }

  /** The statistics of ImageNet-1k that MAE and timm use. */
  public static Normalization imageNet() {
    return new Normalization(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));
  }
}
