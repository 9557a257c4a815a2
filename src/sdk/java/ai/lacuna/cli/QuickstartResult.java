package ai.lacuna.cli;

import ai.lacuna.report.Confusion;
import ai.lacuna.serving.Pixels;
import java.util.List;
import java.util.Map;

/**
 * What {@code lacuna quickstart} found, as its report shows it.
 *
 * @param encoder the encoder that was used
 * @param pictures how well it fills what is missing
 * @param probe what its frozen features are worth
 * @param parity how far the engines agree
 * @param predictions what the served classifier says of single images
 * @param timings what took how long
 * @param files what was exported
 * @param environment name and value, in the order shown
 * @param command the command that repeats it
 */
record QuickstartResult(
    EncoderFacts encoder,
    Pictures pictures,
    Probe probe,
    Parity parity,
    List<Prediction> predictions,
    List<Timing> timings,
    List<ExportedFile> files,
    Map<String, String> environment,
    String command) {

  /**
   * An encoder in words.
   *
   * @param name its name in the zoo
   * @param architecture such as {@code width 128, 6 blocks}
   * @param parameters number of weights
   * @param pretraining what it was pretrained on, and how
   */
  record EncoderFacts(String name, String architecture, long parameters, String pretraining) {}

  /**
   * Reconstructions.
   *
   * @param rows the images
   * @param maskRatio share of patches removed
   * @param note how the predictions were turned into pixels; empty if there is nothing to say
   */
  record Pictures(List<Reconstruction> rows, double maskRatio, String note) {}

  /**
   * One image, what the encoder saw of it, and what the decoder made of that.
   *
   * @param original the image
   * @param masked the image with the removed patches greyed out
   * @param reconstructed visible patches as they are, removed ones as predicted
   */
  record Reconstruction(Pixels original, Pixels masked, Pixels reconstructed) {}

  /**
   * A linear probe.
   *
   * @param accuracies set of images, number of images, share recognised
   * @param confusion of the test images
   */
  record Probe(List<Accuracy> accuracies, Confusion confusion) {}

  /**
   * One row of the table of accuracies.
   *
   * @param what the set of images, and who classified them
   * @param images how many
   * @param share share recognised
   */
  record Accuracy(String what, int images, double share) {
    /** Half the width of the 95 % interval (normal approximation of the binomial). */
    double margin() {
      return 1.96 * Math.sqrt(share * (1 - share) / images);
    }
  }

  /**
   * Agreement of the engines.
   *
   * @param rows one per comparison
   * @param tolerance largest difference allowed
   */
  record Parity(List<ParityRow> rows, double tolerance) {
    /** The largest difference of features; logits have the scale of their head. */
    double worst() {
      return rows.stream()
          .filter(row -> !row.output().equals("logits"))
          .mapToDouble(ParityRow::difference)
          .max()
          .orElse(0);
    }
  }

  /**
   * One comparison.
   *
   * @param engines the two that were compared
   * @param output what they computed, {@code features} or {@code logits}
   * @param batchSize images per call
   * @param images how many real images were compared
   * @param difference largest absolute difference
   */
  record ParityRow(String engines, String output, int batchSize, int images, double difference) {}

  /**
   * What the served classifier says of an image.
   *
   * @param image the image
   * @param expected its class
   * @param predicted the class given the highest probability
   * @param probability that probability
   */
  record Prediction(Pixels image, String expected, String predicted, double probability) {
    boolean right() {
      return expected.equals(predicted);
    }
  }

  /**
   * A duration.
   *
   * @param what the step
   * @param nanos how long it took
   * @param rate such as {@code 900 images/s}; empty if it makes no sense
   */
  record Timing(String what, long nanos, String rate) {}

  /**
   * A file of the bundle.
   *
   * @param name its name in the bundle
   * @param bytes its length
   * @param purpose who reads it
   */
  record ExportedFile(String name, long bytes, String purpose) {}
}
