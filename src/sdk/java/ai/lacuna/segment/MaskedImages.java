package ai.lacuna.segment;

import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import java.util.List;

/**
 * Images with masks.
 *
 * @param pairs samples whose pixels are those of an image with its mask behind, see {@link
 *     Masks#join}; images may have any sizes
 * @param classes the name of each class, 2 to 255 of them
 */
public record MaskedImages(ImageDataset pairs, List<String> classes) {
  /**
   * Copies the names.
   *
   * @throws DataException if there are too few or too many classes
   */
  public MaskedImages {
    classes = List.copyOf(classes);
    if (classes.size() < 2 || classes.size() > Masks.MOST_CLASSES) {
      throw new DataException(
          "%s: expected 2 to 255 classes, found %s%s"
              .formatted(
                  pairs.name(),
                  classes.size(),
                  classes.size() < 2
                      ? "; 255 in a mask means ignored, so write a second class as 1"
                      : "; masks of 8 bits hold no more"));
    }
  }
}
