package ai.lacuna.serving;

/**
 * An image as a network takes it: resized, cropped, with its number of channels. Made by {@link
 * OnnxEncoder#prepare} or {@link OnnxClassifier#prepare}, so that the work is done, and the large
 * image is gone, before the image waits for a batch.
 */
public final class Prepared {
  private final Pixels pixels;
  private final Preprocessing by;
  private final boolean anySize;

  private Prepared(Pixels pixels, Preprocessing by, boolean anySize) {
    this.pixels = pixels;
    this.by = by;
    this.anySize = anySize;
  }

  /** For a model that resizes images itself: only the channels are converted. */
  static Prepared ofAnySize(Pixels image, Preprocessing preprocessing) {
    return new Prepared(image.withChannels(preprocessing.channels()), preprocessing, true);
  }

  static Prepared of(Pixels image, Preprocessing preprocessing) {
    Pixels ready = preprocessing.apply(image);
    if (ready.height() != preprocessing.height()
        || ready.width() != preprocessing.width()
        || ready.channels() != preprocessing.channels()) {
      throw new IllegalArgumentException(
          "image: expected %sx%sx%s after preprocessing, found %sx%sx%s"
              .formatted(
                  preprocessing.height(),
                  preprocessing.width(),
                  preprocessing.channels(),
                  ready.height(),
                  ready.width(),
                  ready.channels()));
    }
    return new Prepared(ready, preprocessing, false);
  }

  /** The pixels, {@code [height, width, channels]}, if they were prepared in this way. */
  Pixels pixels(Preprocessing expected, boolean ofAnySize) {
    if (!by.equals(expected) || anySize != ofAnySize) {
      throw new IllegalArgumentException(
          "image: expected one prepared as "
              + expected
              + ", found "
              + by
              + (anySize == ofAnySize ? "" : anySize ? ", of any size" : ", resized")
              + "; prepare it with the model that gets it");
    }
    return pixels;
  }
}
