package ai.lacuna.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The size of an input as given on the command line.
 *
 * @param height pixels, at least 1
 * @param width pixels, at least 1
 */
record ImageSize(int height, int width) {
  private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,4})(?:x([1-9][0-9]{0,4}))?");

  /**
   * Reads {@code 224}, a square, or {@code 160x320}, the height first.
   *
   * @throws UsageException if it is neither
   */
  static ImageSize parse(String option, String text) {
    Matcher parts = FORM.matcher(text);
    if (!parts.matches()) {
      throw new UsageException(
          "--%s: expected a side such as 224, or height x width such as 160x320, found %s"
              .formatted(option, text));
    }
    int height = Integer.parseInt(parts.group(1));
    String width = parts.group(2);
    return new ImageSize(height, width == null ? height : Integer.parseInt(width));
  }

  /** The least size that is no smaller, and whose sides are multiples of a patch's. */
  ImageSize upTo(int patch) {
    return new ImageSize(up(height, patch), up(width, patch));
  }

  private static int up(int side, int patch) {
    return Math.multiplyExact((side - 1) / patch + 1, patch);
  }
}
