package ai.lacuna.augment;

import ai.lacuna.serving.Pixels;

/**
 * One change of an image, with nothing left to chance.
 *
 * <p>Gives the bytes of Pillow's operation of that name. A pure function, safe for any thread.
 */
public sealed interface Operation permits PointOperation, Enhancement, Geometry {
  /**
   * Changes an image.
   *
   * @param image the image; not written to
   * @return a new image of the same size, or the same one if nothing changes
   */
  Pixels apply(Pixels image);
}
