package ai.lacuna.export;

import java.util.Arrays;
import java.util.stream.Collectors;

/** A form of the ONNX models in other numbers, and how near to float32 its answers must be. */
public enum OnnxVariant {
  /** Half precision: half the size; a CPU converts back and is slower. */
  FLOAT16("float16", 0.999),
  /**
   * Linear layers in 8 bits, ranges measured in each call: a quarter of the size, faster. What it
   * says of an image depends a little on the other images of its batch.
   */
  INT8("int8", 0.99),
  /**
   * Linear layers in 8 bits, ranges measured beforehand on calibration images: the same answer in
   * every batch.
   */
  INT8_STATIC("int8-static", 0.99),
  /**
   * Float32 with the preprocessing inside: images of any size, resized, cropped or padded in the
   * model. Where {@code lacuna-serving} runs, it does the same itself, faster.
   */
  ANY_SIZE("any-size", 0.999);

  private final String label;
  private final double leastAgreement;

  OnnxVariant(String label, double leastAgreement) {
    this.label = label;
    this.leastAgreement = leastAgreement;
  }

  /** The name that users know: {@code int8}. */
  public String label() {
    return label;
  }

  /** The share of images, of a segmenter of pixels, whose answer must be float32's, 0 to 1. */
  public double leastAgreement() {
    return leastAgreement;
  }

  /**
   * The variant of that {@link #label}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static OnnxVariant parse(String label) {
    return Arrays.stream(values())
        .filter(variant -> variant.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "variant: expected "
                        + Arrays.stream(values())
                            .map(OnnxVariant::label)
                            .collect(Collectors.joining(", "))
                        + ", found "
                        + label));
  }
}
