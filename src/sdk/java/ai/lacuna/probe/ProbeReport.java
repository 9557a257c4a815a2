package ai.lacuna.probe;

import java.util.List;

/**
 * What several protocols found about an encoder.
 *
 * @param encoder the encoder's name
 * @param trainImages number of training images
 * @param testImages number of test images
 * @param mirrored whether mirrored training images were added
 * @param results one per protocol, in the order asked
 * @param featureSeconds time to compute or find the features
 */
public record ProbeReport(
    String encoder,
    int trainImages,
    int testImages,
    boolean mirrored,
    List<ProtocolResult> results,
    double featureSeconds) {
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
    ProtocolResult best = results.get(0);
    for (ProtocolResult result : results) {
      if (Double.isNaN(best.heldOutAccuracy())
          || result.heldOutAccuracy() > best.heldOutAccuracy()) {
        best = Double.isNaN(result.heldOutAccuracy()) ? best : result;
      }
    }
    return best;
  }
}
