package ai.lacuna.data;

import java.io.IOException;

/**
 * A data set that holds image files, and gives them as they are or decoded.
 *
 * <p>No file stays open between two calls.
 */
public interface EncodedDataset extends ImageDataset {
  /**
   * Reads a sample without decoding its image.
   *
   * @param index from 0 to {@code size() - 1}
   * @return the image's file
   * @throws DataException if what is there is damaged
   * @throws IOException if it cannot be read
   * @throws IndexOutOfBoundsException if there is no such index
   */
  EncodedImage encoded(int index) throws IOException;

  @Override
  default String nameOf(int index) throws IOException {
    return encoded(index).name();
  }

  @Override
  default Sample get(int index) throws IOException {
    return encoded(index).decode();
  }

  @Override
  default Sample get(int index, long seed, long epoch, FileTransform transform) throws IOException {
    return encoded(index).decode(seed, epoch, transform);
  }
}
