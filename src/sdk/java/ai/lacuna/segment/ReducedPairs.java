package ai.lacuna.segment;

import ai.lacuna.data.EncodedImage;
import ai.lacuna.data.FileTransform;
import ai.lacuna.data.ReducedCrop;
import ai.lacuna.data.Transform;
import ai.lacuna.serving.Pixels;

/**
 * Images with masks, of which the images are decoded no larger than their crop needs. The crop is
 * drawn by the size in full, and the mask, always in full, is cut by the same box; so both lie on
 * each other as they do without reduction, to the pixels that {@link ReducedCrop} blurs.
 */
final class ReducedPairs implements FileTransform {
  private final Transform decoded;
  private final ReducedCrop crop;
  private final Finish finish;

  /** What is done to a crop and to the whole mask of its image. */
  interface Finish {
    Pixels apply(ReducedCrop.Cut cut, Pixels mask, long seed, long epoch, long id);
  }

  /**
   * Makes a transform, to be used for all epochs.
   *
   * @param decoded what is done to images that are no files
   */
  ReducedPairs(Transform decoded, ReducedCrop crop, Finish finish) {
    this.decoded = decoded;
    this.crop = crop;
    this.finish = finish;
  }

  /** Cuts an image out of its file. */
  ReducedCrop.Cut cut(EncodedImage image, long seed, long epoch) {
    return crop.cut(image, seed, epoch);
  }

  /** Joins a crop with that of the mask. */
  Pixels join(ReducedCrop.Cut cut, Pixels mask, long seed, long epoch, long id) {
    return finish.apply(cut, mask, seed, epoch, id);
  }

  @Override
  public Pixels apply(Pixels joined, long seed, long epoch, long sampleId) {
    return decoded.apply(joined, seed, epoch, sampleId);
  }

  /** Of a file that holds the mask as its last channel. */
  @Override
  public Pixels read(EncodedImage file, long seed, long epoch) {
    return decoded.apply(Pixels.read(file.bytes(), file.name()), seed, epoch, file.id());
  }
}
