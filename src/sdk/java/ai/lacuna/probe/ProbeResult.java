package ai.lacuna.probe;

import java.util.List;

/**
 * What a linear probe found.
 *
 * @param head the classifier, fitted on all training images
 * @param train how it does on the images that it was fitted on
 * @param test how it does on the test images
 * @param c the inverse strength of the penalty that was chosen
 * @param sweep every strength that was tried, in order
 * @param converged whether the last fit came below its tolerance
 * @param featureSeconds time to compute all features
 * @param fitSeconds time to choose the strength and fit
 */
public record ProbeResult(
    LinearHead head,
    Evaluation train,
    Evaluation test,
    double c,
    List<Trial> sweep,
    boolean converged,
    double featureSeconds,
    double fitSeconds) {
  /** Copies the list. */
  public ProbeResult {
    sweep = List.copyOf(sweep);
  }

  /**
   * One strength tried.
   *
   * @param c the inverse strength of the penalty
   * @param accuracy on the part of the training images held out, 0…1
   */
  public record Trial(double c, double accuracy) {}
}
