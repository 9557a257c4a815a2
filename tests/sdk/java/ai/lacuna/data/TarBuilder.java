package ai.lacuna.data;

import ai.lacuna.serving.Pixels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Makes small archives, sound or not. */
final class TarBuilder {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes);

  /** A PNG file of one row whose first pixel is a number's low byte, the second its high byte. */
  static byte[] png(int number) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Pixels pixels = Pixels.of(1, 2, 1, new byte[] {(byte) number, (byte) (number >> 8)});
    ImageIO.write(pixels.toBufferedImage(), "png", out);
    return out.toByteArray();
  }

  /** The number of {@link #png}. */
  static int number(Pixels pixels) {
    return (pixels.data()[0] & 0xff) + 256 * (pixels.data()[1] & 0xff);
  }

  TarBuilder add(String name, byte[] content) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(content.length);
    return add(entry, content);
  }

  TarBuilder add(TarArchiveEntry entry, byte[] content) throws IOException {
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
    return this;
  }

  TarBuilder add(String name, String content) throws IOException {
    return add(name, content.getBytes(StandardCharsets.UTF_8));
  }

  /** Adds images whose keys and pixels are their numbers, with labels modulo 3. */
  TarBuilder images(int from, int to) throws IOException {
    for (int i = from; i < to; i++) {
      add("%06d.png".formatted(i), png(i));
      add("%06d.cls".formatted(i), "" + i % 3);
    }
    return this;
  }

  byte[] build() throws IOException {
    tar.close();
    return bytes.toByteArray();
  }

  void write(Path file) throws IOException {
    byte[] content = build();
    Files.write(file, file.toString().endsWith(".gz") ? IdxDatasetTest.gzip(content) : content);
  }
}
