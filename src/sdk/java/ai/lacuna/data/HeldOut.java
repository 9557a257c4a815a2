package ai.lacuna.data;

import ai.lacuna.random.CounterRandom;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;

/**
 * Training data and a part of it that is not trained on.
 *
 * @param kept what is trained on
 * @param heldOut the rest
 */
public record HeldOut(ImageDataset kept, ImageDataset heldOut) {

  /**
   * Holds out a share: of each class where there are labels, else at random. The choice depends on
   * the data and the share only, so that runs with different seeds are judged on the same images.
   *
   * @param data training data
   * @param share between 0 and 1
   * @return both parts, in the order of the data
   * @throws IllegalArgumentException if the share is out of range or leaves one part empty
   * @throws IOException if a label can't be read
   */
  public static HeldOut of(ImageDataset data, double share) throws IOException {
    return of(data, share, 0);
  }

  /**
   * As {@link #of(ImageDataset, double)}, with a choice for each seed.
   *
   * @param data training data
   * @param share between 0 and 1
   * @param seed chooses
   * @return both parts, in the order of the data
   * @throws IllegalArgumentException if the share is out of range or leaves one part empty
   * @throws IOException if a label can't be read
   */
  public static HeldOut of(ImageDataset data, double share, long seed) throws IOException {
    int count = (int) Math.rint(data.size() * share);
    if (!(share > 0 && share < 1) || count < 1 || count >= data.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: expected a share held out above 0 and below 1 that leaves at least one of the %,d"
                  + " images on either side, found %s; give more images or another share",
              data.name(),
              data.size(),
              share));
    }
    if (isLabelled(data)) {
      Splits.Split split = Splits.stratified(data, share, seed);
      if (split.heldOut().size() == 0) {
        throw new IllegalArgumentException(
            "%s: expected 2 images of some class to hold one out, found 1 of each; give more images"
                .formatted(data.name()));
      }
      return new HeldOut(split.kept(), split.heldOut());
    }
    return atRandom(data, count, seed);
  }

  /**
   * Divides labelled images as {@link #of(ImageDataset, double)} divides the same images opened
   * without their labels.
   *
   * @param labelled the images, with labels
   * @param plain what was divided: the same images in the same order
   * @param share the share that was held out of them
   * @return both parts, in the order of the data
   * @throws IllegalArgumentException as {@link #of(ImageDataset, double)}, or if the data sets
   *     differ in size
   * @throws IOException if a label can't be read
   */
  public static HeldOut ofSame(ImageDataset labelled, ImageDataset plain, double share)
      throws IOException {
    if (labelled.size() != plain.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: expected the %,d images of %s, found %,d",
              labelled.name(),
              plain.size(),
              plain.name(),
              labelled.size()));
    }
    if (isLabelled(plain)) {
      return of(labelled, share);
    }
    return atRandom(labelled, of(plain, share).heldOut().size(), 0);
  }

  private static HeldOut atRandom(ImageDataset data, int count, long seed) {
    int[] order =
        CounterRandom.of(seed, 0, 0, CounterRandom.Purpose.SPLIT).permutation(data.size());
    int[] heldOut = Arrays.copyOf(order, count);
    int[] kept = Arrays.copyOfRange(order, count, order.length);
    Arrays.sort(heldOut);
    Arrays.sort(kept);
    return new HeldOut(
        Subset.of(data, kept, data.name() + ", kept"),
        Subset.of(data, heldOut, data.name() + ", held out"));
  }

  /**
   * Says whether a probe can be fitted.
   *
   * @param data images
   * @return whether there are classes
   */
  public static boolean isLabelled(ImageDataset data) {
    return data.classNames().size() > 1;
  }
}
