package ai.lacuna.serving;

/**
 * An image as a network takes it: resized, cropped, with its number of channels. Made by {@link
 * OnnxEncoder#prepare} or {@link OnnxClassifier#prepare}, so that the work is done, and the large
 * image is gone, before the image waits for a batch.
 */
public final class Prepared {
  private final Pixels pixels;
  private final Preprocessing by;

  private Prepared(Pixels pixels, Preprocessing by) {
    this.pixels = pixels;
    this.by = by;
  }

  static Prepared of(Pixels image, Preprocessing preprocessing) {
    Pixels ready = preprocessing.apply(image);
    if (ready.height() != preprocessing.height()
        || ready.width() != preprocessing.width()
        || ready.channels() != preprocessing.channels()) {
      throw new IllegalArgumentException(
          "image: expected %dx%dx%d after preprocessing, found %dx%dx%d"
              .formatted(
                  preprocessing.height(),
                  preprocessing.width(),
                  preprocessing.channels(),
                  ready.height(),
                  ready.width(),
                  ready.channels()));
    }
    return new Prepared(ready, preprocessing);
  }

  /** The pixels, {@code [height, width, channels]}, if they were prepared in this way. */
  Pixels pixels(Preprocessing expected) {
    if (!by.equals(expected)) {
      throw new IllegalArgumentException(
          "image: expected one prepared as "
              + expected
              + ", found "
              + by
              + "; prepare it with the model that gets it");
    }
    return pixels;
  }
}
