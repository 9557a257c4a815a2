package ai.lacuna.finetune;

import ai.lacuna.data.ImageDataset;

/**
 * Images, and what is to be predicted for each of them.
 *
 * @param images the images
 * @param targets what is right
 */
public record LabelledImages(ImageDataset images, Targets targets) {

  /** Images with the classes that their data set gives them. */
  public static LabelledImages of(ImageDataset images) {
    return new LabelledImages(images, Targets.classes(images.classNames()));
  }
}
