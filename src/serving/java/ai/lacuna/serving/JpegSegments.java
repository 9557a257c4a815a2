package ai.lacuna.serving;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The segments of a JPEG before its first scan, as far as they mislead the JDK's reader.
 *
 * <p>It refuses files for a broken colour profile, which is not applied anyway. And it takes three
 * components for RGB, or refuses them, where libjpeg, and so nearly every other program, sees
 * YCbCr: without a JFIF or an Adobe segment if the components have odd numbers and one sampling,
 * and with both if the latter says otherwise.
 */
final class JpegSegments {
  private static final byte[] JFIF = {
    -1, (byte) 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0
  };
  private static final int APP0 = 0xe0;
  private static final int APP2 = 0xe2;
  private static final int APP14 = 0xee;
  private static final int START_OF_SCAN = 0xda;
  private static final byte[] YCBCR_NUMBERS = {1, 2, 3};
  private static final byte[] RGB_NUMBERS = {'R', 'G', 'B'};

  private final byte[] file;
  private final List<Segment> profiles = new ArrayList<>();
  private final List<Segment> adobes = new ArrayList<>();
  private boolean jfif;
  private int transform = -1;
  private byte[] numbers = {};

  private JpegSegments(byte[] file) {
    this.file = file;
  }

  /** Its place in the file, with its marker. */
  private record Segment(int from, int to) {}

  /**
   * Returns a file with the same pixels that the reader takes for what libjpeg does.
   *
   * @param file the content of a JPEG
   * @return the same array if nothing in it misleads
   */
  static byte[] plain(byte[] file) {
    JpegSegments segments = new JpegSegments(file);
    segments.walk();
    return segments.plain();
  }

  private void walk() {
    int at = 2;
    while (at + 4 <= file.length && file[at] == -1) {
      int marker = file[at + 1] & 0xff;
      if (marker == 0xff) {
        at++;
        continue;
      }
      int length = JpegHeader.sixteen(file, at + 2);
      if (marker == START_OF_SCAN || length < 2 || at + 2 + length > file.length) {
        return;
      }
      look(marker, at, length);
      at += 2 + length;
    }
  }

  private void look(int marker, int at, int length) {
    int body = at + 4;
    Segment segment = new Segment(at, at + 2 + length);
    if (marker == APP0 && length >= 16 && JpegHeader.begins(file, body, "JFIF\0")) {
      jfif = true;
    } else if (marker == APP2 && length >= 14 && JpegHeader.begins(file, body, "ICC_PROFILE\0")) {
      profiles.add(segment);
    } else if (marker == APP14 && length >= 14 && JpegHeader.begins(file, body, "Adobe")) {
      adobes.add(segment);
      transform = file[body + 11] & 0xff;
    } else if (JpegHeader.isFrame(marker) && length == 17 && file[body + 5] == 3) {
      numbers = new byte[] {file[body + 6], file[body + 9], file[body + 12]};
    }
  }

  /** As libjpeg's {@code default_decompress_parms} decides. */
  private boolean isYcbcr() {
    return jfif || (transform < 0 ? !Arrays.equals(numbers, RGB_NUMBERS) : transform != 0);
  }

  private byte[] plain() {
    boolean colours = numbers.length == 3 && isYcbcr();
    List<Segment> dropped = new ArrayList<>(profiles);
    if (colours && transform != 1) {
      dropped.addAll(adobes);
    }
    boolean named = jfif || transform == 1 || Arrays.equals(numbers, YCBCR_NUMBERS);
    boolean toName = colours && !named;
    if (dropped.isEmpty() && !toName) {
      return file;
    }
    dropped.sort(Comparator.comparingInt(Segment::from));
    ByteArrayOutputStream out = new ByteArrayOutputStream(file.length + JFIF.length);
    out.write(file, 0, 2);
    if (toName) {
      out.writeBytes(JFIF);
    }
    int from = 2;
    for (Segment segment : dropped) {
      out.write(file, from, segment.from() - from);
      from = segment.to();
    }
    out.write(file, from, file.length - from);
    return out.toByteArray();
  }
}
