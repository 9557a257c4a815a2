package ai.lacuna.probe;

import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;

/** What one {@link Protocol} found. */
public final class ProtocolResult {
  private final String protocol;
  private final String setting;
  private final List<Trial> trials;
  private final Optional<LinearHead> head;
  private final Optional<Evaluation> test;
  private final List<Shots> shots;
  private final double seconds;

  private ProtocolResult(
      String protocol,
      String setting,
      List<Trial> trials,
      Optional<LinearHead> head,
      Optional<Evaluation> test,
      List<Shots> shots,
      double seconds) {
    this.protocol = protocol;
    this.setting = setting;
    this.trials = List.copyOf(trials);
    this.head = head;
    this.test = test;
    this.shots = List.copyOf(shots);
    this.seconds = seconds;
  }

  /**
   * Something that was tried.
   *
   * @param setting what, in words
   * @param accuracy on the part of the training images held out, 0…1
   */
  public record Trial(String setting, double accuracy) {}

  /**
   * Classifiers that were fitted on few images.
   *
   * @param perClass how many of each class
   * @param accuracies on the test images, 0…1, of one classifier per draw
   */
  public record Shots(int perClass, List<Double> accuracies) {
    /** Copies the list. */
    public Shots {
      accuracies = List.copyOf(accuracies);
    }

    /**
     * Returns the mean over the draws.
     *
     * @return 0…1
     */
    public double mean() {
      return values().average().orElse(Double.NaN);
    }

    /**
     * Returns the standard deviation over the draws, with n − 1 in the denominator.
     *
     * @return at least 0; NaN for a single draw
     */
    public double spread() {
      double mean = mean();
      double squares = values().map(v -> (v - mean) * (v - mean)).sum();
      return Math.sqrt(squares / (accuracies.size() - 1));
    }

    private DoubleStream values() {
      return accuracies.stream().mapToDouble(Double::doubleValue);
    }
  }

  /** A result with a linear head. */
  static ProtocolResult of(
      Protocol protocol,
      String setting,
      List<Trial> trials,
      LinearHead head,
      Evaluation test,
      long started) {
    return new ProtocolResult(
        protocol.label(),
        setting,
        trials,
        Optional.of(head),
        Optional.of(test),
        List.of(),
        since(started));
  }

  /** A result without a head. */
  static ProtocolResult of(
      Protocol protocol, String setting, List<Trial> trials, Evaluation test, long started) {
    return new ProtocolResult(
        protocol.label(),
        setting,
        trials,
        Optional.empty(),
        Optional.of(test),
        List.of(),
        since(started));
  }

  /** Results of several draws. */
  static ProtocolResult of(Protocol protocol, String setting, List<Shots> shots, long started) {
    return new ProtocolResult(
        protocol.label(),
        setting,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        shots,
        since(started));
  }

  private static double since(long started) {
    return (System.nanoTime() - started) / 1e9;
  }

  /**
   * Returns the protocol's name.
   *
   * @return as {@link Protocol#label}
   */
  public String protocol() {
    return protocol;
  }

  /**
   * Returns what was used in the end, in words.
   *
   * @return features, strength or rate
   */
  public String setting() {
    return setting;
  }

  /**
   * Returns everything that was tried on the images held out.
   *
   * @return in the order of the trials; empty if there was nothing to choose
   */
  public List<Trial> trials() {
    return trials;
  }

  /**
   * Returns the accuracy on the images held out of what was chosen.
   *
   * @return 0…1; NaN if there was nothing to choose
   */
  public double heldOutAccuracy() {
    return trials.stream().mapToDouble(Trial::accuracy).max().orElse(Double.NaN);
  }

  /**
   * Returns the classifier, fitted on all training images.
   *
   * @return empty if the protocol has none
   */
  public Optional<LinearHead> head() {
    return head;
  }

  /**
   * Returns how the classifier did on the test images.
   *
   * @return empty for few images per class, whose accuracies are in {@link #shots}
   */
  public Optional<Evaluation> test() {
    return test;
  }

  /**
   * Returns the accuracies with few images per class.
   *
   * @return by the number of images; empty for other protocols
   */
  public List<Shots> shots() {
    return shots;
  }

  /**
   * Returns how long it took, without the computing of the features.
   *
   * @return seconds
   */
  public double seconds() {
    return seconds;
  }
}
