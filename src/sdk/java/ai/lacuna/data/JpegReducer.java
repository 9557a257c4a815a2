package ai.lacuna.data;

import ai.lacuna.serving.Pixels;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * A decoder that makes a JPEG smaller while it decodes it, which costs less than all pixels do.
 *
 * <p>Found by {@link ServiceLoader}; Lacuna brings one for OpenCV, an optional dependency: {@code
 * org.bytedeco:opencv}, whose imgcodecs hold libjpeg-turbo. {@code tests/benchmarks/jpeg} says why
 * this one. Called by several threads at once.
 */
public interface JpegReducer {
  /** What to add for the decoder that Lacuna knows. */
  String COORDINATES = "org.bytedeco:opencv-platform:4.13.0-1.5.13";

  /**
   * Returns the library.
   *
   * @return name and version
   */
  String name();

  /**
   * Says why it can't be used.
   *
   * @return what is missing; empty if it works
   */
  String missing();

  /**
   * Decodes a JPEG of one or three components, as it is stored: not turned upright.
   *
   * <p>Damage may go unnoticed: libjpeg goes on after most of it, and libraries do not pass on what
   * it says. {@link ReducedCrop} gives it only files that have been decoded in full once.
   *
   * @param file the content of a JPEG
   * @param by 2, 4 or 8; the sides are divided by it, and rounded up
   * @param channels 1 for grey, 3 for RGB
   * @return the image; empty if the library does not decode it
   */
  Optional<Pixels> decode(byte[] file, int by, int channels);

  /**
   * Finds a decoder that works here.
   *
   * @return the first one
   */
  static Optional<JpegReducer> find() {
    return ServiceLoader.load(JpegReducer.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(reducer -> reducer.missing().isEmpty())
        .findFirst();
  }

  /**
   * Finds a decoder that works here.
   *
   * @return the first one
   * @throws DataException if there is none; says what to add
   */
  static JpegReducer require() {
    return find().orElseThrow(JpegReducer::none);
  }

  private static DataException none() {
    String why =
        ServiceLoader.load(JpegReducer.class).stream()
            .map(provider -> provider.get().missing())
            .findFirst()
            .orElse("none is on the class path");
    return new DataException(
        "jpeg reduced: expected a decoder that reduces, found none (%s); add %s to the class path,"
                .formatted(why, COORDINATES)
            + " or decode in full");
  }
}
