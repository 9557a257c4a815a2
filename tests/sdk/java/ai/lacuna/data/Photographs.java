package ai.lacuna.data;

import ai.lacuna.serving.Pixels;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** JPEGs of soft waves, on which half a pixel of misplacement shows. */
public final class Photographs {
  private Photographs() {}

  /** A picture; its waves are {@code period} pixels long, and others in each channel. */
  public static Pixels waves(int height, int width, int channels, double period, int phase) {
    byte[] data = new byte[height * width * channels];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < channels; c++) {
          double across = Math.sin(2 * Math.PI * (x + phase) / (period * (1 + 0.3 * c)));
          double down = Math.cos(2 * Math.PI * y / (period * (1.2 + 0.3 * c)));
          data[(y * width + x) * channels + c] = (byte) Math.round(127 + 60 * (across + down));
        }
      }
    }
    return Pixels.of(height, width, channels, data);
  }

  public static byte[] jpeg(Pixels image) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BufferedImage java = image.toBufferedImage();
    ImageIO.write(java, "jpeg", out);
    return out.toByteArray();
  }

  /** The file with an EXIF segment behind the JFIF segment, which ImageIO writes first. */
  public static byte[] turned(byte[] jpeg, int orientation) {
    int at = 4 + ((jpeg[4] & 0xff) << 8 | (jpeg[5] & 0xff));
    ByteBuffer out = ByteBuffer.allocate(jpeg.length + 36);
    out.put(jpeg, 0, at).putShort((short) 0xffe1).putShort((short) 34);
    out.put(new byte[] {'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42}).putInt(8).putShort((short) 1);
    out.putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) orientation);
    out.putShort((short) 0).putInt(0);
    return out.put(jpeg, at, jpeg.length - at).array();
  }

  /** A folder of pictures of 200 to 260 pixels. */
  public static ImageDataset folder(Path folder, int count) throws IOException {
    Files.createDirectories(folder);
    for (int i = 0; i < count; i++) {
      byte[] file = jpeg(waves(200 + 5 * i % 60, 260 - 7 * i % 60, 3, 40, 3 * i));
      Files.write(folder.resolve("%03d.jpg".formatted(i)), file);
    }
    return ImageDataset.open(folder.toString());
  }
}
