package ai.lacuna.examples.http;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Encoded images that differ from each other. */
final class Pictures {
  private Pictures() {}

  static byte[] png(int side, long seed) throws IOException {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(seed);
    // Coarse squares: noise of single pixels would look alike to a network of 28 x 28.
    int cell = Math.max(1, side / 4);
    for (int y = 0; y < side; y += cell) {
      for (int x = 0; x < side; x += cell) {
        int rgb = random.nextInt();
        for (int i = 0; i < cell * cell && y + i / cell < side && x + i % cell < side; i++) {
          image.setRGB(x + i % cell, y + i / cell, rgb);
        }
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    return bytes.toByteArray();
  }

  /** A GIF that shows one picture after the other. */
  static byte[] animation(byte[]... pngs) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.prepareWriteSequence(null);
      for (byte[] png : pngs) {
        BufferedImage frame = ImageIO.read(new ByteArrayInputStream(png));
        writer.writeToSequence(new IIOImage(frame, null, null), null);
      }
      writer.endWriteSequence();
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  /** A GIF of a few bytes that says it is 65,535 x 8,191 pixels large. */
  static byte[] bomb() {
    byte[] gif = new byte[34];
    byte[] head = {
      'G', 'I', 'F', '8', '9', 'a', -1, -1, -1, 31, 0, 0, 0, ',', 0, 0, 0, 0, -1, -1, -1, 31
    };
    System.arraycopy(head, 0, gif, 0, head.length);
    gif[33] = ';';
    return gif;
  }
}
