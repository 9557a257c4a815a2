package ai.lacuna.probe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NearestNeighboursTest {
  private static final int WIDTH = 5;
  private static final int CLASSES = 3;

  private static FeatureTable table(int rows, long seed) {
    Random random = new Random(seed);
    float[] values = new float[rows * WIDTH];
    int[] labels = new int[rows];
    for (int i = 0; i < rows; i++) {
      labels[i] = i % CLASSES;
      for (int j = 0; j < WIDTH; j++) {
        values[i * WIDTH + j] = (float) random.nextGaussian() + (j == labels[i] ? 1.5f : 0);
      }
    }
    return FeatureTable.of(values, WIDTH, labels);
  }

  private static double cosine(FeatureTable a, int i, FeatureTable b, int j) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int k = 0; k < WIDTH; k++) {
      double x = a.values()[i * WIDTH + k];
      double y = b.values()[j * WIDTH + k];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    return ab / Math.sqrt(aa * bb);
  }

  private static int naive(FeatureTable known, FeatureTable queries, int query, int k, double t) {
    double[] votes = new double[CLASSES];
    IntStream.range(0, known.rows())
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -cosine(known, i, queries, query)))
        .limit(k)
        .forEach(i -> votes[known.labels()[i]] += Math.exp(cosine(known, i, queries, query) / t));
    return IntStream.range(0, CLASSES)
        .boxed()
        .max(Comparator.comparingDouble(c -> votes[c]))
        .orElseThrow();
  }

  /** Where a chunk of 256 would have more similarities than an array holds. */
  @Test
  void comparesFewerQueriesAtATimeWithVeryManyRows() {
    for (int rows : new int[] {1, 1 << 20, 8_388_609, 100_000_000, Integer.MAX_VALUE}) {
      int chunk = NearestNeighbours.chunk(rows);
      assertTrue(chunk >= 1 && (long) chunk * rows <= Integer.MAX_VALUE, rows + ": " + chunk);
    }
    assertEquals(256, NearestNeighbours.chunk(1 << 20));
  }

  @Test
  void agreesWithTheNaiveVote() {
    FeatureTable known = table(60, 1);
    FeatureTable queries = table(300, 2);
    for (int k : new int[] {1, 7, 20}) {
      int[] expected =
          IntStream.range(0, queries.rows())
              .map(query -> naive(known, queries, query, k, 0.07))
              .toArray();
      NearestNeighbours neighbours = new NearestNeighbours(k, 0.07);
      assertArrayEquals(expected, neighbours.classify(known, queries, Device.cpu()));
      long right = IntStream.range(0, 300).filter(i -> expected[i] == queries.labels()[i]).count();
      assertEquals(right / 300.0, neighbours.accuracy(known, queries, Device.cpu()));
    }
  }

  @Test
  void takesAllKnownImagesWhereThereAreFewerThanK() {
    FeatureTable known = table(4, 1);
    FeatureTable queries = table(9, 2);
    assertArrayEquals(
        new NearestNeighbours(4, 1).classify(known, queries, Device.cpu()),
        new NearestNeighbours(50, 1).classify(known, queries, Device.cpu()));
  }

  @Test
  void refusesFeaturesOfTwoLengths() {
    FeatureTable other = FeatureTable.of(new float[4], 4, new int[1]);
    assertThrows(
        IllegalArgumentException.class,
        () -> NearestNeighbours.published().classify(table(4, 1), other, Device.cpu()));
  }
}
