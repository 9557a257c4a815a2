package ai.lacuna.zoo;

/**
 * A recorded measurement.
 *
 * @param measurement what was measured
 * @param run how to repeat it, and where and when it was measured
 */
public record ZooResult(Measurement measurement, Run run) {
  /**
   * The run that gave a figure.
   *
   * @param command what repeats it, from the root of the repository
   * @param seconds wall-clock time that it took
   * @param machine processors, operating system and Java version
   * @param date day in UTC, {@code 2026-01-31}
   * @param weightsSha256 SHA-256 of the {@code encoder.safetensors} that was measured
   */
  public record Run(
      String command, double seconds, String machine, String date, String weightsSha256) {}
}
