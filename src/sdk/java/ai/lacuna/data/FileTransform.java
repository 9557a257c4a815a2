package ai.lacuna.data;

import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;

/**
 * A transform that can begin with an image's file, where a data set holds files, and so save
 * decoding what it does not need.
 */
public interface FileTransform extends Transform {
  /**
   * Decodes and transforms one image.
   *
   * @param file the image
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @return the transformed image
   * @throws ImageException if the file is no image, or a damaged one
   */
  Pixels read(EncodedImage file, long seed, long epoch);

  @Override
  default FileTransform then(Transform next) {
    FileTransform first = this;
    return new FileTransform() {
      @Override
      public Pixels read(EncodedImage file, long seed, long epoch) {
        return next.apply(first.read(file, seed, epoch), seed, epoch, file.id());
      }

      @Override
      public Pixels apply(Pixels image, long seed, long epoch, long sampleId) {
        return next.apply(first.apply(image, seed, epoch, sampleId), seed, epoch, sampleId);
      }
    };
  }
}
