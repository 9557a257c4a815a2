package ai.lacuna.segment;

import ai.lacuna.data.DataException;
import ai.lacuna.serving.LogitMap;
import ai.lacuna.serving.Pixels;
import java.util.List;

/** Adds up answers, pixel by pixel, in double precision. */
final class PixelTally {
  private final String data;
  private final List<String> classes;
  private final ConfusionMatrix matrix;
  private int images;
  private double loss;

  /**
   * Begins with nothing.
   *
   * @param data what the images are called, for errors
   */
  PixelTally(String data, List<String> classes) {
    this.data = data;
    this.classes = classes;
    this.matrix = new ConfusionMatrix(classes.size());
  }

  void add(int sample, LogitMap map, Pixels mask) {
    images++;
    map.forEach(
        mask.height(),
        mask.width(),
        (index, logits) -> {
          int label = mask.data()[index] & 0xff;
          if (label != Masks.IGNORED) {
            add(sample, label, logits);
          }
        });
  }

  private void add(int sample, int label, float[] logits) {
    if (label >= classes.size()) {
      throw new DataException(
          "%s, sample %s: expected a mask with classes 0 to %s, or 255 for ignored, found %s"
              .formatted(data, sample, classes.size() - 1, label));
    }
    int said = LogitMap.greatest(logits);
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp((double) logit - logits[said]);
    }
    loss += Math.log(sum) + logits[said] - logits[label];
    matrix.add(label, said);
  }

  SegmentationScores scores() {
    long pixels = matrix.pixels();
    if (pixels == 0) {
      throw new DataException(
          data + ": expected pixels of some class to judge on, found none; 255 means ignored");
    }
    return new SegmentationScores(
        classes, images, pixels, matrix.accuracy(), matrix.intersectionOverUnion(), loss / pixels);
  }
}
