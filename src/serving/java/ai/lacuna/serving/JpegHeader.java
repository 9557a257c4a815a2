package ai.lacuna.serving;

/**
 * What the segments of a JPEG before its first scan say.
 *
 * @param height rows as stored, before any turning; 0 if no frame was found
 * @param width columns as stored; 0 if no frame was found
 * @param components of the frame, 1 for grey, 3 for colour, 4 for inks; 0 if no frame was found
 * @param named whether a JFIF or an EXIF segment is there, whose three components are YCbCr
 * @param adobe whether there is an Adobe segment, whose writers invert ink
 * @param transform of that segment: 1 is YCbCr, 2 is YCCK
 */
public record JpegHeader(
    int height, int width, int components, boolean named, boolean adobe, int transform) {
  private static final int APP0 = 0xe0;
  private static final int APP1 = 0xe1;
  private static final int APP14 = 0xee;
  private static final int START_OF_SCAN = 0xda;

  /**
   * Reads a header.
   *
   * @param file the content of a file
   * @return what was found up to the first scan or the first damage
   */
  public static JpegHeader of(byte[] file) {
    JpegHeader found = new JpegHeader(0, 0, 0, false, false, 0);
    int at = 2;
    while (at + 4 <= file.length && file[at] == -1) {
      int marker = file[at + 1] & 0xff;
      if (marker == 0xff) {
        at++;
        continue;
      }
      int length = sixteen(file, at + 2);
      if (marker == START_OF_SCAN || length < 2 || at + 2 + length > file.length) {
        break;
      }
      found = found.with(file, at, marker, length);
      at += 2 + length;
    }
    return found;
  }

  private JpegHeader with(byte[] file, int at, int marker, int length) {
    int body = at + 4;
    if (isFrame(marker) && length >= 8) {
      return new JpegHeader(
          sixteen(file, body + 1),
          sixteen(file, body + 3),
          file[body + 5] & 0xff,
          named,
          adobe,
          transform);
    }
    if (marker == APP14 && length >= 14 && begins(file, body, "Adobe")) {
      int ofAdobe = file[body + 11] & 0xff;
      return new JpegHeader(height, width, components, named, true, ofAdobe);
    }
    boolean names =
        length >= 7
            && ((marker == APP0 && begins(file, body, "JFIF\0"))
                || (marker == APP1 && begins(file, body, "Exif\0")));
    return new JpegHeader(height, width, components, named || names, adobe, transform);
  }

  /**
   * Says whether all readers take the components for the same colours. Without these segments some
   * guess by the components' numbers, others by how they are sampled.
   *
   * @return whether they are grey, or YCbCr by the file's own word
   */
  public boolean isPlain() {
    return components == 1 || (components == 3 && (adobe ? transform == 1 : named));
  }

  static int sixteen(byte[] file, int at) {
    return (file[at] & 0xff) << 8 | (file[at + 1] & 0xff);
  }

  static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  static boolean begins(byte[] file, int at, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (file[at + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
