package ai.lacuna.finetune;

import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** How a network in training is judged after each epoch, and how the best one is kept. */
public interface Examination {
  /**
   * What a network's parameters are worth.
   *
   * @param score by which epochs are compared, greater for a better one
   * @param figures by name, among them {@code loss}, which decides between equal scores
   */
  record Verdict(double score, Map<String, Double> figures) {
    /** Copies the figures, in their order. */
    public Verdict {
      figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }
  }

  /**
   * Judges parameters on images that are not trained on.
   *
   * @param weights all parameters
   * @return their worth
   * @throws IOException if an image can't be read
   */
  Verdict judge(NamedTensors weights) throws IOException;

  /**
   * Writes parameters for later use.
   *
   * @param file replaced if it exists
   * @param weights all parameters
   * @throws IOException if it can't be written
   */
  void keep(Path file, NamedTensors weights) throws IOException;
}
