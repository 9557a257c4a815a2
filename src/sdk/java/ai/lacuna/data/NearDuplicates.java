package ai.lacuna.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Pairs of images whose thumbnails hardly differ: the same picture stored with another quality or
 * at another size.
 *
 * <p>Sorts by brightness, so that an image is compared only with those of about its own; the
 * brightness of the quarters then rules out most of these before a thumbnail is looked at.
 */
final class NearDuplicates {
  /** The most mean absolute difference of two thumbnails, 0…255. */
  static final double THUMBNAIL_DISTANCE = 2;

  /** The most pairs that are returned. */
  static final int MOST_PAIRS = 100_000;

  private static final int LENGTH = ImageLook.SIDE * ImageLook.SIDE;
  private static final int MOST = (int) (THUMBNAIL_DISTANCE * LENGTH);
  private static final int QUARTERS = 4;

  private NearDuplicates() {}

  /** Two indices, the lesser first. */
  record Pair(int first, int second) {}

  /**
   * Finds pairs; stops after {@link #MOST_PAIRS}.
   *
   * @param thumbnails one for each image; empty ones are left out
   */
  static List<Pair> pairs(List<byte[]> thumbnails) {
    Integer[] order = new Integer[thumbnails.size()];
    int[][] quarters = new int[order.length][];
    int[] totals = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
      quarters[i] = quarters(thumbnails.get(i));
      totals[i] = Arrays.stream(quarters[i]).sum();
    }
    Arrays.sort(order, Comparator.comparingInt(i -> totals[i]));
    List<Pair> pairs = new ArrayList<>();
    for (int a = 0; a < order.length; a++) {
      int i = order[a];
      for (int b = a + 1; b < order.length && totals[order[b]] - totals[i] <= MOST; b++) {
        int j = order[b];
        if (close(quarters[i], quarters[j]) && close(thumbnails.get(i), thumbnails.get(j))) {
          pairs.add(new Pair(Math.min(i, j), Math.max(i, j)));
          if (pairs.size() == MOST_PAIRS) {
            return pairs;
          }
        }
      }
    }
    return pairs;
  }

  private static int[] quarters(byte[] thumbnail) {
    int[] sums = new int[QUARTERS];
    int half = ImageLook.SIDE / 2;
    for (int i = 0; i < thumbnail.length; i++) {
      int row = i / ImageLook.SIDE / half;
      int column = i % ImageLook.SIDE / half;
      sums[2 * row + column] += thumbnail[i] & 0xff;
    }
    return sums;
  }

  private static boolean close(int[] a, int[] b) {
    int sum = 0;
    for (int i = 0; i < QUARTERS; i++) {
      sum += Math.abs(a[i] - b[i]);
    }
    return sum <= MOST;
  }

  private static boolean close(byte[] a, byte[] b) {
    if (a.length != LENGTH || b.length != LENGTH) {
      return false;
    }
    int sum = 0;
    for (int i = 0; i < LENGTH; i++) {
      sum += Math.abs((a[i] & 0xff) - (b[i] & 0xff));
    }
    return sum <= MOST;
  }
}
