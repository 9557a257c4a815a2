package ai.lacuna.data;

import ai.lacuna.serving.Pixels;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * OpenCV's decoder of JPEGs, libjpeg-turbo; only {@link java.util.ServiceLoader} makes one.
 *
 * <p>This class loads without OpenCV, which only its methods touch.
 */
public final class OpenCvReducer implements JpegReducer {
  /** JavaCPP refuses to allocate when the process is large, as one with libtorch in it is. */
  private static final String LIMIT = "org.bytedeco.javacpp.maxPhysicalBytes";

  /** For {@link java.util.ServiceLoader}. */
  public OpenCvReducer() {}

  @Override
  public String name() {
    return "OpenCV " + Library.version();
  }

  @Override
  public String missing() {
    try {
      return Library.version().isEmpty() ? "OpenCV does not tell its version" : "";
    } catch (LinkageError e) {
      return "OpenCV is not there or does not load: " + e;
    }
  }

  @Override
  public Optional<Pixels> decode(byte[] file, int by, int channels) {
    return Library.decode(file, by, channels);
  }

  /** What needs OpenCV; its initialiser loads the native library. */
  private static final class Library {
    private static final String VERSION;

    static {
      if (System.getProperty(LIMIT) == null) {
        System.setProperty(LIMIT, "0");
      }
      Loader.load(opencv_imgcodecs.class);
      VERSION = opencv_core.CV_VERSION;
    }

    static String version() {
      return VERSION;
    }

    static Optional<Pixels> decode(byte[] file, int by, int channels) {
      // The flags of reduced grey; that of RGB makes them those of reduced colour.
      int flags = by / 2 * opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_2;
      flags |= opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION;
      flags |= channels == 3 ? opencv_imgcodecs.IMREAD_COLOR_RGB : 0;
      try (BytePointer bytes = new BytePointer(file);
          Mat in = new Mat(1, file.length, opencv_core.CV_8UC1, bytes);
          Mat out = opencv_imgcodecs.imdecode(in, flags)) {
        if (out.empty() || out.type() != opencv_core.CV_8UC(channels) || !out.isContinuous()) {
          return Optional.empty();
        }
        byte[] data = new byte[out.rows() * out.cols() * channels];
        out.data().get(data);
        return Optional.of(Pixels.of(out.rows(), out.cols(), channels, data));
      } catch (RuntimeException e) {
        return Optional.empty(); // OpenCV's own exceptions, for sizes that it does not take.
      }
    }
  }
}
