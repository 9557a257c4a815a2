package ai.lacuna.probe;

import java.util.List;
import java.util.Optional;

/**
 * What several protocols found about an encoder.
 *
 * @param encoder the encoder's name
 * @param trainImages number of training images
 * @param testImages number of test images
 * @param mirrored whether mirrored training images were added
 * @param seed what chose the images held out, and chooses the bootstrap samples
 * @param results one per protocol, in the order asked
 * @param featureSeconds time to compute or find the features
 */
public record ProbeReport(
    String encoder,
    int trainImages,
    int testImages,
    boolean mirrored,
    long seed,
    List<ProtocolResult> results,
    double featureSeconds) {
  /** Bootstrap samples of an interval; more move its ends by less than the last digit shown. */
  public static final int BOOTSTRAP_SAMPLES = 1000;

  /** Copies the list. */
  public ProbeReport {
    results = List.copyOf(results);
  }

  /**
   * Returns the result that did best on the training images held out; the test images have no say.
   *
   * @return of a single result that one
   */
  public ProtocolResult best() {
    return best(results);
  }

  /**
   * Returns the result with a linear head that did best on the training images held out.
   *
   * @return empty if no protocol has one
   */
  public Optional<ProtocolResult> bestHead() {
    List<ProtocolResult> linear = results.stream().filter(r -> r.head().isPresent()).toList();
    return linear.isEmpty() ? Optional.empty() : Optional.of(best(linear));
  }

  private static ProtocolResult best(List<ProtocolResult> some) {
    ProtocolResult best = some.get(0);
    for (ProtocolResult result : some) {
      boolean judged = !Double.isNaN(result.heldOutAccuracy());
      boolean first = Double.isNaN(best.heldOutAccuracy());
      if (judged && (first || result.heldOutAccuracy() > best.heldOutAccuracy())) {
        best = result;
      }
    }
    return best;
  }

  /**
   * Writes everything but the heads: accuracies and intervals, top-5, per class, confusion, trials.
   *
   * @return a JSON object, accuracies as shares of 1
   */
  public String toJson() {
    return ProbeJson.of(this);
  }
}
