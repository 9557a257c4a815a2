package ai.lacuna.serving;

/**
 * A form of a bundle's ONNX models in other numbers, such as {@code int8}, with what it was found
 * to be when it was made. Files of the variant carry its name: {@code encoder.int8.onnx}; those of
 * {@code float32} do not.
 *
 * @param name {@code float32}, {@code float16}, {@code int8}, {@code int8-static} or {@code
 *     any-size}, which is float32 and resizes images itself
 * @param bytes size of its encoder
 * @param exactBlocks how many of the first blocks are float32 all the same
 * @param agreement how far it answers as float32 does
 * @param speed how fast its encoder is
 */
public record Variant(String name, long bytes, int exactBlocks, Agreement agreement, Speed speed) {
  /** The variant that every bundle has. */
  public static final String FLOAT32 = "float32";

  /** The name of a model file in a variant: {@code encoder.onnx} is {@code encoder.int8.onnx}. */
  public static String fileOf(String file, String variant) {
    return variant.equals(FLOAT32)
        ? file
        : file.substring(0, file.lastIndexOf('.')) + "." + variant + ".onnx";
  }

  /**
   * Comparison with float32 on real images.
   *
   * @param judge whose answers are compared: {@code head}, {@code knn} (a vote of the nearest other
   *     images, by class) or {@code retrieval} (whether an image finds itself among the features of
   *     float32)
   * @param images how many
   * @param same share of the answers that are the same, 0 to 1; of a segmenter, share of all
   *     images' pixels whose class is; of predicted values, 1 less the square error over their
   *     variance
   * @param least what that had to be
   * @param meanCosine mean cosine of the features, class token and mean of the patch tokens
   * @param minCosine the smallest
   * @param maxAbsError largest absolute difference of a feature
   * @param accuracy share of the answers that are right; NaN if no classes were given
   */
  public record Agreement(
      String judge,
      int images,
      double same,
      double least,
      double meanCosine,
      double minCosine,
      double maxAbsError,
      double accuracy) {}

  /**
   * Median times of the encoder on images of the network's size, on the machine that made the
   * bundle, taken in turns with the other variants.
   *
   * @param threads cores that the runtime could use
   * @param milliseconds of one image
   * @param batch images of a larger call
   * @param batchMilliseconds of such a call
   */
  public record Speed(int threads, double milliseconds, int batch, double batchMilliseconds) {}
}
