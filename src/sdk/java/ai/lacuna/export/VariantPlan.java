package ai.lacuna.export;

import ai.lacuna.serving.Pixels;
import java.util.List;

/**
 * Which variants a bundle gets, and what they are judged on.
 *
 * @param variants the variants, without float32
 * @param images real images; with few of them a single other answer is a large share
 * @param classes the class of each image, from 0, by the head's labels if there is a head of
 *     classes; or empty
 * @param calibration real images, best others than {@code images}, that show the ranges of values;
 *     only {@link OnnxVariant#INT8_STATIC} needs them
 * @param forced whether a variant that answers otherwise too often is written all the same
 */
public record VariantPlan(
    List<OnnxVariant> variants,
    List<Pixels> images,
    List<Integer> classes,
    List<Pixels> calibration,
    boolean forced) {

  /**
   * @throws IllegalArgumentException if images are missing, or classes are fewer or more than
   *     images
   */
  public VariantPlan {
    variants = List.copyOf(variants);
    images = List.copyOf(images);
    classes = List.copyOf(classes);
    calibration = List.copyOf(calibration);
    if (images.isEmpty()) {
      throw new IllegalArgumentException("variants: expected images to judge them, found none");
    }
    if (!classes.isEmpty() && classes.size() != images.size()) {
      throw new IllegalArgumentException(
          "variants: expected "
              + images.size()
              + " classes, one for each image, found "
              + classes.size());
    }
    if (variants.contains(OnnxVariant.INT8_STATIC) && calibration.isEmpty()) {
      throw new IllegalArgumentException(
          "variant int8-static: expected calibration images, found none");
    }
  }
}
