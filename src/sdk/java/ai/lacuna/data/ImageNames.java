package ai.lacuna.data;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** What the name of a file says about it. */
final class ImageNames {
  /** The kinds of image, for errors. */
  static final String KINDS = "PNG, JPEG, GIF, BMP, TIFF or WebP";

  private static final Set<String> SUFFIXES =
      Set.of("png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp");

  private ImageNames() {}

  /** Whether a suffix, in lower case and without its dot, is that of an image. */
  static boolean isImageSuffix(String suffix) {
    return SUFFIXES.contains(suffix);
  }

  /** The suffixes of images, in lower case and without their dot. */
  static Set<String> suffixes() {
    return SUFFIXES;
  }

  /** Whether a file's name is that of an image. */
  static boolean isImage(String fileName) {
    String suffix = fileName.substring(fileName.lastIndexOf('.') + 1);
    return isImageSuffix(suffix.toLowerCase(Locale.ROOT));
  }

  /** What follows the last dot of a file's name, in lower case. */
  static String suffix(Path file) {
    String fileName = String.valueOf(file.getFileName());
    return fileName.substring(fileName.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  /** Whether a file is one that systems leave behind: {@code .DS_Store}, {@code ._a.jpg}. */
  static boolean isHidden(String fileName) {
    return fileName.startsWith(".");
  }
}
