package ai.lacuna.data;

import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;

/**
 * One image of a data set as its file holds it, not decoded.
 *
 * @param id names the sample in its data set for ever; keys its random numbers
 * @param name where the image lies, for errors
 * @param bytes the content of a PNG, JPEG or other image file; not to be written to
 * @param label the index of its class, or {@link Sample#NO_LABEL}
 */
@SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
public record EncodedImage(long id, String name, byte[] bytes, int label) {

  /**
   * Decodes the image.
   *
   * @return the sample
   * @throws ImageException if the bytes are no image, or a damaged one
   */
  public Sample decode() {
    return new Sample(id, Pixels.read(bytes, name), label);
  }

  /**
   * Decodes and transforms the image.
   *
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @param transform decodes it
   * @return the sample
   * @throws ImageException if the bytes are no image, or a damaged one
   */
  public Sample decode(long seed, long epoch, FileTransform transform) {
    return new Sample(id, transform.read(this, seed, epoch), label);
  }
}
