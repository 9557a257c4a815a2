package ai.lacuna.probe;

import ai.djl.Device;
import ai.lacuna.data.Splits;
import ai.lacuna.serving.Pooling;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What a {@link Protocol} works on: features of the training and the test images, and which
 * training images are held out.
 *
 * <p>Rows of the training features: the images, then, if there are mirrored views, those in the
 * same order. An image's views are held out with it; only the image itself is judged.
 */
public final class ProbeTask {
  private final List<FeatureStore> views;
  private final FeatureStore test;
  private final List<String> classNames;
  private final FeatureChoice choice;
  private final Set<Pooling> poolings;
  private final LinearHead.InputSize input;
  private final String encoderSha256;
  private final Device device;
  private final double heldOutFraction;
  private final long seed;
  private final ProbeProgress progress;

  ProbeTask(
      List<FeatureStore> views,
      FeatureStore test,
      List<String> classNames,
      FeatureChoice choice,
      Set<Pooling> poolings,
      LinearHead.InputSize input,
      String encoderSha256,
      Device device,
      double heldOutFraction,
      long seed,
      ProbeProgress progress) {
    this.views = List.copyOf(views);
    this.test = test;
    this.classNames = List.copyOf(classNames);
    this.choice = choice;
    this.poolings = Set.copyOf(poolings);
    this.input = input;
    this.encoderSha256 = encoderSha256;
    this.device = device;
    this.heldOutFraction = heldOutFraction;
    this.seed = seed;
    this.progress = progress;
  }

  List<String> classNames() {
    return classNames;
  }

  int classes() {
    return classNames.size();
  }

  /** A head of these classes that remembers of what images and encoder its features are. */
  LinearHead head(float[] weights, float[] bias, FeatureChoice features) {
    return LinearHead.of(weights, bias, classNames, features.blocks(), features.pooling())
        .withInput(input)
        .withEncoder(encoderSha256);
  }

  Device device() {
    return device;
  }

  long seed() {
    return seed;
  }

  ProbeProgress progress() {
    return progress;
  }

  /** The features that the user asked for. */
  FeatureChoice choice() {
    return choice;
  }

  /** The last block that the user asked for, in a pooling. */
  FeatureChoice last(Pooling pooling) {
    List<Integer> blocks = choice.blocks();
    return new FeatureChoice(blocks.subList(blocks.size() - 1, blocks.size()), pooling);
  }

  /** The poolings that are held besides the mean alone, in the order of their declaration. */
  List<Pooling> poolings() {
    return poolings.stream().sorted().toList();
  }

  /** Number of training images, mirrored ones not counted. */
  int images() {
    return views.get(0).rows();
  }

  /** Number of training rows of an image: 1, or 2 with a mirrored view. */
  int viewsPerImage() {
    return views.size();
  }

  /** Training features. */
  FeatureTable known(FeatureChoice features) {
    List<FeatureTable> tables =
        views.stream().map(view -> view.table(features.blocks(), features.pooling())).toList();
    return tables.size() == 1 ? tables.get(0) : FeatureTable.joined(tables);
  }

  /** Test features. */
  FeatureTable unseen(FeatureChoice features) {
    return test.table(features.blocks(), features.pooling());
  }

  /** Which training images are held out; the mirrored ones are not among them. */
  boolean[] heldOut() {
    int[] labels = views.get(0).labels();
    boolean[] heldOut = Splits.heldOut(labels, classes(), heldOutFraction, seed);
    if (IntStream.range(0, heldOut.length).noneMatch(i -> heldOut[i])) {
      throw new ProbeException(
          "training data: expected 2 images of some class to choose a classifier on, found 1 of"
              + " each; give more images, or leave nothing to choose");
    }
    return heldOut;
  }

  /** All training rows of the images for which a mask has a value. */
  int[] rows(boolean[] mask, boolean value) {
    List<Integer> images =
        IntStream.range(0, mask.length).filter(i -> mask[i] == value).boxed().toList();
    List<Integer> rows = new ArrayList<>();
    for (int view = 0; view < views.size(); view++) {
      int first = view * mask.length;
      images.forEach(image -> rows.add(first + image));
    }
    return rows.stream().mapToInt(Integer::intValue).toArray();
  }

  /** All training rows. */
  int[] allRows() {
    return IntStream.range(0, views.size() * images()).toArray();
  }

  /** The rows of images themselves for which a mask holds. */
  static int[] rowsOf(boolean[] mask) {
    return IntStream.range(0, mask.length).filter(i -> mask[i]).toArray();
  }
}
