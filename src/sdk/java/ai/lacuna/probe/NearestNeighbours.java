package ai.lacuna.probe;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.Devices;
import java.util.Arrays;
import java.util.List;

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

  /** Similarities of a chunk, which are kept twice: two gigabytes. */
  private static final int MOST_SIMILARITIES = 1 << 28;

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
          "nearest neighbours: expected features of %s for at least one known image, found %s for %s"
              .formatted(queries.columns(), known.columns(), known.rows()));
    }
    int classes = 1 + Arrays.stream(known.labels()).max().orElse(0);
    float[][] votes = votes(known, queries, classes, device);
    return Arrays.stream(votes).mapToInt(NearestNeighbours::most).toArray();
  }

  /** The share of the votes that each class gets, {@code [queries][classes]}. */
  float[][] votes(FeatureTable known, FeatureTable queries, int classes, Device device) {
    float[][] votes = new float[queries.rows()][];
    search(
        known,
        queries,
        k,
        device,
        (query, nearest, similarities) ->
            votes[query] = votes(nearest, similarities, known.labels(), classes, k, temperature));
    return votes;
  }

  /** How many queries get their label, for each number of neighbours. */
  static int[] right(
      FeatureTable known,
      FeatureTable queries,
      List<Integer> ks,
      double temperature,
      Device device) {
    int classes = 1 + Arrays.stream(known.labels()).max().orElse(0);
    int[] right = new int[ks.size()];
    int most = ks.stream().mapToInt(Integer::intValue).max().orElse(0);
    search(
        known,
        queries,
        most,
        device,
        (query, nearest, similarities) -> {
          for (int i = 0; i < right.length; i++) {
            float[] votes =
                votes(nearest, similarities, known.labels(), classes, ks.get(i), temperature);
            right[i] += most(votes) == queries.labels()[query] ? 1 : 0;
          }
        });
    return right;
  }

  /** Queries that are compared at a time with so many rows; 256 of up to a million. */
  static int chunk(int rows) {
    return Math.max(1, Math.min(CHUNK, MOST_SIMILARITIES / Math.max(1, rows)));
  }

  private interface Found {
    /** Hears of the nearest rows of a query, the nearest first, and their similarities. */
    void accept(int query, int[] nearest, float[] similarities);
  }

  private static void search(
      FeatureTable known, FeatureTable queries, int k, Device device, Found found) {
    float[] unitQueries = units(queries);
    int width = queries.columns();
    int rows = known.rows();
    int chunk = chunk(rows);
    try (NDManager manager = NDManager.newBaseManager(device, Devices.ENGINE)) {
      NDArray bank = manager.create(units(known), new Shape(rows, width));
      NDArray columns = bank.transpose();
      for (int from = 0; from < queries.rows(); from += chunk) {
        int to = Math.min(queries.rows(), from + chunk);
        float[] part = Arrays.copyOfRange(unitQueries, from * width, to * width);
        try (NDManager scope = manager.newSubManager()) {
          NDArray some = scope.create(part, new Shape(to - from, width));
          float[] all = some.matMul(columns).toFloatArray();
          for (int i = from; i < to; i++) {
            int at = (i - from) * rows;
            int[] nearest = nearest(all, at, rows, Math.min(k, rows));
            float[] similarities = new float[nearest.length];
            for (int j = 0; j < nearest.length; j++) {
              similarities[j] = all[at + nearest[j]];
            }
            found.accept(i, nearest, similarities);
          }
        }
      }
    }
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

  /** The rows of greatest similarity, in falling order; of equal ones the lower first. */
  private static int[] nearest(float[] similarities, int at, int rows, int kept) {
    int[] nearest = new int[kept];
    int count = 0;
    for (int i = 0; i < rows; i++) {
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
    return nearest;
  }

  private static float[] votes(
      int[] nearest, float[] similarities, int[] labels, int classes, int k, double temperature) {
    double[] votes = new double[classes];
    double sum = 0;
    for (int i = 0; i < Math.min(k, nearest.length); i++) {
      // Relative to the nearest, so that a low temperature overflows nothing.
      double vote = Math.exp((similarities[i] - similarities[0]) / temperature);
      votes[labels[nearest[i]]] += vote;
      sum += vote;
    }
    float[] shares = new float[classes];
    for (int c = 0; c < classes; c++) {
      shares[c] = (float) (votes[c] / sum);
    }
    return shares;
  }

  private static int most(float[] votes) {
    int best = 0;
    for (int c = 1; c < votes.length; c++) {
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
