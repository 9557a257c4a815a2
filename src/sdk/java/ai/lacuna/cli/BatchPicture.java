package ai.lacuna.cli;

import ai.lacuna.data.Batch;
import ai.lacuna.masking.Mask;
import ai.lacuna.pretrain.Replay;
import ai.lacuna.serving.Pixels;
import ai.lacuna.vit.VitConfig;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * The first images of a batch in pairs: as the loader gave it, and with the removed patches grey.
 */
final class BatchPicture {
  private static final int PAIRS = 24;
  private static final int PAIRS_IN_ROW = 4;
  private static final int LEAST_SIDE = 84;
  private static final int GAP = 6;

  private final VitConfig vit;
  private final int scale;

  private BatchPicture(VitConfig vit) {
    this.vit = vit;
    this.scale = Math.max(1, (LEAST_SIDE + vit.imageWidth() - 1) / vit.imageWidth());
  }

  /** Writes a PNG. */
  static void write(Replay.Replayed step, Path file) throws IOException {
    ImageIO.write(
        new BatchPicture(step.config().vit()).draw(step.batch(), step.masks()),
        "png",
        file.toFile());
  }

  private BufferedImage draw(Batch batch, List<Mask> masks) {
    int width = vit.imageWidth() * scale;
    int height = vit.imageHeight() * scale;
    int pairs = Math.min(PAIRS, batch.size());
    int rows = (pairs + PAIRS_IN_ROW - 1) / PAIRS_IN_ROW;
    int columns = Math.min(pairs, PAIRS_IN_ROW);
    BufferedImage sheet =
        new BufferedImage(
            GAP + columns * (2 * width + 3 * GAP),
            GAP + rows * (height + GAP),
            BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    for (int i = 0; i < pairs; i++) {
      BufferedImage image = pixels(batch, i).toBufferedImage();
      int x = GAP + i % PAIRS_IN_ROW * (2 * width + 3 * GAP);
      int y = GAP + i / PAIRS_IN_ROW * (height + GAP);
      g.drawImage(image, x, y, width, height, null);
      g.drawImage(image, x + width + GAP, y, width, height, null);
      cover(g, masks.get(i), x + width + GAP, y);
    }
    g.dispose();
    return sheet;
  }

  private void cover(Graphics2D g, Mask mask, int x, int y) {
    int side = vit.patchSize() * scale;
    g.setColor(Color.GRAY);
    for (int patch = 0; patch < mask.size(); patch++) {
      if (mask.removed(patch)) {
        int column = patch % vit.gridWidth();
        int row = patch / vit.gridWidth();
        g.fillRect(x + column * side, y + row * side, side, side);
      }
    }
  }

  private Pixels pixels(Batch batch, int index) {
    byte[] data = new byte[vit.imageHeight() * vit.imageWidth() * vit.channels()];
    batch.images().get(index * data.length, data);
    return Pixels.of(vit.imageHeight(), vit.imageWidth(), vit.channels(), data);
  }
}
