package ai.lacuna.djl;

import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.lacuna.serving.Pixels;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads the pixels of what a predictor is given.
 *
 * @param <I> what that is
 */
@FunctionalInterface
interface PixelReader<I> {
  /** The content of an image file. */
  PixelReader<byte[]> BYTES = (manager, file) -> Pixels.read(file, "input");

  /**
   * Reads an image.
   *
   * @param manager owns what is made on the way
   * @param input the image
   * @return its pixels, of any size
   * @throws IOException if it cannot be read
   */
  Pixels read(NDManager manager, I input) throws IOException;

  /** What can be read. */
  static List<Class<?>> types() {
    return List.of(Image.class, Pixels.class, Path.class, InputStream.class);
  }

  /**
   * The reader of a type.
   *
   * @throws IllegalArgumentException if there is none
   */
  static PixelReader<?> of(Class<?> type) {
    if (type == Image.class) {
      return (PixelReader<Image>) PixelReader::pixels;
    }
    if (type == Pixels.class) {
      return (PixelReader<Pixels>) (manager, pixels) -> pixels;
    }
    if (type == Path.class) {
      return (PixelReader<Path>) (manager, file) -> Pixels.read(file);
    }
    if (type == InputStream.class) {
      return (PixelReader<InputStream>) (manager, in) -> Pixels.read(in, "input");
    }
    throw new IllegalArgumentException(
        "input: expected one of " + types() + ", found " + type.getName());
  }

  /** Java's images keep their channels; those of other factories become RGB, as DJL has them. */
  private static Pixels pixels(NDManager manager, Image image) {
    if (image.getWrappedImage() instanceof BufferedImage java) {
      return Pixels.from(java);
    }
    try (NDArray rgb = image.toNDArray(manager, Image.Flag.COLOR);
        NDArray bytes = rgb.toType(DataType.UINT8, true)) {
      ByteBuffer buffer = bytes.toByteBuffer();
      byte[] data = new byte[buffer.remaining()];
      buffer.get(data);
      return Pixels.of(image.getHeight(), image.getWidth(), 3, data);
    }
  }
}
