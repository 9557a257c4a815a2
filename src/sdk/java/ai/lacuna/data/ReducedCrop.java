package ai.lacuna.data;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.JpegHeader;
import ai.lacuna.serving.Orientation;
import ai.lacuna.serving.Pixels;
import java.util.Optional;

/**
 * A {@link RandomResizedCrop} that decodes JPEGs no larger than the crop needs.
 *
 * <p>The crop is drawn by the header's size, the same as in full. The image is decoded at the
 * smallest of 1/2, 1/4 and 1/8 in which the crop still has as many pixels as the result, and in
 * full where none has; so are grey images that are to be coloured and the reverse. libjpeg leaves
 * out high frequencies where it decodes at a part of the size; pixels differ a little from those of
 * the full decoding, more than by the rounding of the resize alone.
 *
 * <p>Decoded in full as well: what is no JPEG, has four components, or does not say itself that its
 * colours are YCbCr; and each file the first time that this object meets its content, so that
 * {@link Pixels#read} refuses whatever it refuses otherwise: of the library that reduces this can't
 * be had. The first epoch therefore costs what it costs without reduction, later ones less. Results
 * depend on the file and the arguments only, not on what was met before.
 *
 * <pre>{@code
 * Transform crop = ReducedCrop.of(RandomResizedCrop.of(224, 224, 0.2), 3, images.size());
 * for (int epoch = 0; epoch < 100; epoch++) {
 *   try (Loader loader = Loader.builder(images).epoch(epoch).transform(crop).build()) { ... }
 * }
 * }</pre>
 */
public final class ReducedCrop implements FileTransform {
  private static final int[] REDUCTIONS = {8, 4, 2};

  private final RandomResizedCrop crop;
  private final int channels;
  private final JpegReducer reducer;
  private final KnownFiles whole;

  private ReducedCrop(RandomResizedCrop crop, int channels, JpegReducer reducer, int files) {
    this.crop = crop;
    this.channels = channels;
    this.reducer = reducer;
    this.whole = new KnownFiles(files);
  }

  /**
   * Makes a transform, to be used for all epochs.
   *
   * @param crop what is cut out
   * @param channels of the result, 1 or 3
   * @param files about how many images there are, for the memory of files found whole
   * @return the transform
   * @throws DataException if no decoder that reduces is on the class path
   */
  public static ReducedCrop of(RandomResizedCrop crop, int channels, int files) {
    return of(crop, channels, files, JpegReducer.require());
  }

  /**
   * Makes a transform, to be used for all epochs.
   *
   * @param crop what is cut out
   * @param channels of the result, 1 or 3
   * @param files about how many images there are, for the memory of files found whole
   * @param reducer the decoder
   * @return the transform
   */
  public static ReducedCrop of(
      RandomResizedCrop crop, int channels, int files, JpegReducer reducer) {
    return new ReducedCrop(crop, channels, reducer, files);
  }

  /**
   * A crop, and where it lies in the image: for what lies on the image and must be cut alike.
   *
   * @param pixels the crop, of the result's size
   * @param height of the upright image in full, in pixels
   * @param width of the upright image in full, in pixels
   * @param box what was cut out, in pixels of the image in full
   */
  public record Cut(Pixels pixels, int height, int width, Box box) {}

  @Override
  public Pixels apply(Pixels image, long seed, long epoch, long sampleId) {
    return crop.apply(image.withChannels(channels), seed, epoch, sampleId);
  }

  @Override
  public Pixels read(EncodedImage file, long seed, long epoch) {
    return cut(file, seed, epoch).pixels();
  }

  /**
   * Decodes and cuts one image.
   *
   * @param file the image
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @return the crop with its place; decoded in full or reduced, the place is the same
   * @throws ImageException if the file is no image, or a damaged one
   */
  public Cut cut(EncodedImage file, long seed, long epoch) {
    return reduced(file, seed, epoch).orElseGet(() -> full(file, seed, epoch));
  }

  private Box draw(EncodedImage file, int height, int width, long seed, long epoch) {
    return crop.box(height, width, CounterRandom.of(seed, epoch, file.id(), Purpose.CROP));
  }

  private Cut full(EncodedImage file, long seed, long epoch) {
    Pixels image = Pixels.read(file.bytes(), file.name());
    Box box = draw(file, image.height(), image.width(), seed, epoch);
    try {
      Pixels part = crop.cut(image.withChannels(channels), box, seed, epoch, file.id());
      return new Cut(part, image.height(), image.width(), box);
    } catch (ImageException e) {
      // No damage of this image, that another may stand in for.
      throw new IllegalArgumentException(file.name() + ": " + e.getMessage(), e);
    }
  }

  /** Empty where it is to be decoded in full. */
  private Optional<Cut> reduced(EncodedImage file, long seed, long epoch) {
    byte[] bytes = file.bytes();
    if (bytes.length < 2 || bytes[0] != (byte) 0xff || bytes[1] != (byte) 0xd8) {
      return Optional.empty();
    }
    JpegHeader header = JpegHeader.of(bytes);
    if (header.height() == 0 || header.width() == 0 || !header.isPlain()) {
      return Optional.empty();
    }
    Orientation turned = Orientation.of(bytes);
    int height = turned.transposed() ? header.width() : header.height();
    int width = turned.transposed() ? header.height() : header.width();
    Box box = draw(file, height, width, seed, epoch);
    int by = reduction(box);
    if (by == 1 || !isWhole(file, height, width, header.components())) {
      return Optional.empty();
    }
    return reducer
        .decode(bytes, by, header.components())
        .filter(small -> small.height() == up(header.height(), by))
        .filter(small -> small.width() == up(header.width(), by))
        .map(turned::apply)
        .map(
            small ->
                crop.cut(
                    small.withChannels(channels),
                    scaled(box, height, width, by, turned),
                    seed,
                    epoch,
                    file.id()))
        .map(part -> new Cut(part, height, width, box));
  }

  /** The greatest of 8, 4, 2 and 1 that leaves the box as large as the result. */
  int reduction(Box box) {
    for (int by : REDUCTIONS) {
      if (box.height() >= by * (double) crop.height()
          && box.width() >= by * (double) crop.width()) {
        return by;
      }
    }
    return 1;
  }

  /**
   * Refuses damage, as {@link Pixels#read} does; a file that was found whole before is not decoded
   * again.
   *
   * @return whether the image is what its header says
   */
  private boolean isWhole(EncodedImage file, int height, int width, int components) {
    long digest = KnownFiles.digest(file);
    if (whole.has(digest)) {
      return true;
    }
    Pixels full = Pixels.read(file.bytes(), file.name());
    boolean same =
        full.height() == height && full.width() == width && full.channels() == components;
    if (same) {
      whole.add(digest);
    }
    return same;
  }

  /**
   * The box in the smaller image. A last pixel that stands for fewer of the stored image's rows or
   * columns comes first where those were turned round.
   */
  static Box scaled(Box box, int height, int width, int by, Orientation turned) {
    double above = turned.flipVertical() ? up(height, by) * by - height : 0;
    double before = turned.flipHorizontal() ? up(width, by) * by - width : 0;
    return new Box(
        (box.top() + above) / by, (box.left() + before) / by, box.height() / by, box.width() / by);
  }

  private static int up(int side, int by) {
    return (side + by - 1) / by;
  }
}
