package ai.lacuna.probe;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.Devices;
import java.util.Arrays;

/**
 * Classifies images by their nearest neighbours among labelled ones: cosine similarity, each of the
 * k nearest votes for its class with weight exp(similarity / temperature) (arXiv 1805.01978,
 * section 3.4; DINOv2's protocol). Nothing is fitted, so it is quick enough for every epoch.
 *
 * @param k neighbours that vote, at least 1; all labelled images if there are fewer
 * @param temperature above 0
 */
public record NearestNeighbours(int k, double temperature) {
  private static final int CHUNK = 256;

  /**
   * @throws IllegalArgumentException if a value is out of range
   */
  public NearestNeighbours {
    if (k < 1 || !(temperature > 0)) {
      throw new IllegalArgumentException(
          "nearest neighbours: expected k of at least 1 and a temperature above 0, found "
              + k
              + " and "
              + temperature);
    }
  }

  /** 20 neighbours and temperature 0.07, as published. */
  public static NearestNeighbours published() {
    return new NearestNeighbours(20, 0.07);
  }

  /**
   * Classifies.
   *
   * @param known labelled images
   * @param queries the images to classify; their labels are not looked at
   * @param device where similarities are computed
   * @return the class of each query; of equal votes the lower one
   * @throws IllegalArgumentException if the features differ in length
   */
  public int[] classify(FeatureTable known, FeatureTable queries, Device device) {
    if (known.columns() != queries.columns() || known.rows() == 0) {
      throw new IllegalArgumentException(
          "nearest neighbours: expected features of %d for at least one known image, found %d for %d"
              .formatted(queries.columns(), known.columns(), known.rows()));
    }
    int[] labels = known.labels();
    int classes = 1 + Arrays.stream(labels).max().orElse(0);
    int[] found = new int[queries.rows()];
    float[] unitQueries = units(queries);
    try (NDManager manager = NDManager.newBaseManager(device, Devices.ENGINE)) {
      NDArray bank = manager.create(units(known), new Shape(known.rows(), known.columns()));
      NDArray columns = bank.transpose();
      for (int from = 0; from < found.length; from += CHUNK) {
        int to = Math.min(found.length, from + CHUNK);
        int width = queries.columns();
        float[] part = Arrays.copyOfRange(unitQueries, from * width, to * width);
        try (NDManager scope = manager.newSubManager()) {
          NDArray rows = scope.create(part, new Shape(to - from, width));
          float[] similarities = rows.matMul(columns).toFloatArray();
          for (int i = from; i < to; i++) {
            found[i] = vote(similarities, (i - from) * labels.length, labels, classes);
          }
        }
      }
    }
    return found;
  }

  /**
   * Classifies and counts.
   *
   * @param known labelled images
   * @param queries labelled images to classify
   * @param device where similarities are computed
   * @return the share of queries that get their label, 0 to 1
   */
  public double accuracy(FeatureTable known, FeatureTable queries, Device device) {
    int[] found = classify(known, queries, device);
    int right = 0;
    for (int i = 0; i < found.length; i++) {
      right += found[i] == queries.labels()[i] ? 1 : 0;
    }
    return (double) right / found.length;
  }

  private int vote(float[] similarities, int at, int[] labels, int classes) {
    int kept = Math.min(k, labels.length);
    int[] nearest = new int[kept];
    int count = 0;
    for (int i = 0; i < labels.length; i++) {
      float similarity = similarities[at + i];
      if (count == kept && similarity <= similarities[at + nearest[kept - 1]]) {
        continue;
      }
      int place = count < kept ? count++ : kept - 1;
      while (place > 0 && similarities[at + nearest[place - 1]] < similarity) {
        nearest[place] = nearest[place - 1];
        place--;
      }
      nearest[place] = i;
    }
    double[] votes = new double[classes];
    for (int i : nearest) {
      votes[labels[i]] += Math.exp(similarities[at + i] / temperature);
    }
    int best = 0;
    for (int c = 1; c < classes; c++) {
      best = votes[c] > votes[best] ? c : best;
    }
    return best;
  }

  /** Rows of length 1; a row of zeros stays. */
  private static float[] units(FeatureTable table) {
    float[] units = table.values().clone();
    int width = table.columns();
    for (int row = 0; row < table.rows(); row++) {
      double squares = 0;
      for (int i = row * width; i < (row + 1) * width; i++) {
        squares += (double) units[i] * units[i];
      }
      double norm = Math.sqrt(squares);
      for (int i = row * width; norm > 0 && i < (row + 1) * width; i++) {
        units[i] /= (float) norm;
      }
    }
    return units;
  }
}
