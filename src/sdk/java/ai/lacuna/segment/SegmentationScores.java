package ai.lacuna.segment;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a segmenter did on images with known masks: over all pixels of all of them together, at the
 * masks' own sizes, without those that are ignored.
 *
 * @param classes the name of each class
 * @param images how many
 * @param pixels that count
 * @param pixelAccuracy share of pixels in the right class, 0 to 1
 * @param iou intersection over union of each class, 0 to 1; NaN for one that is neither in the
 *     masks nor in the predictions
 * @param loss mean cross-entropy of a pixel
 */
public record SegmentationScores(
    List<String> classes,
    int images,
    long pixels,
    double pixelAccuracy,
    List<Double> iou,
    double loss) {
  /** Copies the lists. */
  public SegmentationScores {
    classes = List.copyOf(classes);
    iou = List.copyOf(iou);
  }

  /** The mean over the classes that there are. */
  public double meanIou() {
    return iou.stream()
        .mapToDouble(Double::doubleValue)
        .filter(share -> !Double.isNaN(share))
        .average()
        .orElse(Double.NaN);
  }

  /** {@code miou}, {@code pixelAccuracy} and {@code loss}, by these names. */
  public Map<String, Double> figures() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("miou", meanIou());
    figures.put("pixelAccuracy", pixelAccuracy);
    figures.put("loss", loss);
    return Collections.unmodifiableMap(figures);
  }
}
