package ai.lacuna.cli;

import ai.lacuna.serving.Pixels;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;

/** An {@link AugmentSheet} as one picture. */
final class AugmentSheetPng {
  private static final Color PAGE = new Color(0xfcfcfa);
  private static final Color INK = new Color(0x1b1d20);
  private static final Color SOFT = new Color(0x63676d);

  private static final int MARGIN = 36;
  private static final int LABEL = 120;
  private static final int TILE = 112;
  private static final int GAP = 6;
  private static final int LINE = 15;
  private static final int HEAD = 90;

  private final AugmentSheet sheet;
  private final int tileHeight;
  private final int rowHeight;
  private final int width;
  private final int height;
  private final BufferedImage image;
  private final Graphics2D g;

  private AugmentSheetPng(AugmentSheet sheet) {
    this.sheet = sheet;
    AugmentSheet.Row first = sheet.rows().get(0);
    Pixels original = first.original();
    tileHeight =
        Math.max(1, (int) Math.round((double) TILE * original.height() / original.width()));
    int columns = 1 + first.tiles().size();
    width = Math.max(760, 2 * MARGIN + LABEL + columns * (TILE + GAP));
    int lines =
        sheet.rows().stream()
            .flatMap(row -> row.tiles().stream())
            .mapToInt(tile -> tile.operations().size())
            .max()
            .orElse(0);
    rowHeight = tileHeight + 2 * GAP + lines * LINE;
    height = 2 * MARGIN + HEAD + sheet.rows().size() * rowHeight;
    image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    g = image.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    // Small images in their own pixels, large ones smooth.
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION,
        original.width() <= TILE
            ? RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR
            : RenderingHints.VALUE_INTERPOLATION_BILINEAR);
  }

  /** The file's content. */
  static byte[] of(AugmentSheet sheet) throws IOException {
    AugmentSheetPng png = new AugmentSheetPng(sheet);
    try {
      SheetFont.require(png.g, "install one, such as fonts-dejavu-core with fontconfig");
      png.draw();
    } finally {
      png.g.dispose();
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(png.image, "png", bytes);
    return bytes.toByteArray();
  }

  private void draw() {
    g.setColor(PAGE);
    g.fillRect(0, 0, width, height);
    text("Augmentation", MARGIN, MARGIN + 22, SheetFont.of(Font.BOLD, 26), INK);
    String line = sheet.summary() + ". Images: " + sheet.data() + ".";
    text(line, MARGIN, MARGIN + 46, SheetFont.of(Font.PLAIN, 14), SOFT);
    int heads = MARGIN + HEAD - 10;
    text("original", left(0), heads, SheetFont.of(Font.BOLD, 13), INK);
    for (int i = 0; i < sheet.mixes().size(); i++) {
      String mix = sheet.mixes().get(i);
      String head = "epoch " + i;
      text(head, left(i + 1), heads, SheetFont.of(Font.BOLD, 13), INK);
      text(mix, left(i + 1), heads - 16, SheetFont.of(Font.PLAIN, 12), SOFT);
    }
    int y = MARGIN + HEAD;
    for (AugmentSheet.Row row : sheet.rows()) {
      text(cut(row.caption()), MARGIN, y + 18, SheetFont.of(Font.BOLD, 14), INK);
      picture(row.original(), left(0), y);
      for (int i = 0; i < row.tiles().size(); i++) {
        AugmentSheet.Tile tile = row.tiles().get(i);
        picture(tile.picture(), left(i + 1), y);
        for (int n = 0; n < tile.operations().size(); n++) {
          int below = y + tileHeight + LINE * (n + 1);
          text(tile.operations().get(n), left(i + 1), below, SheetFont.of(Font.PLAIN, 12), SOFT);
        }
      }
      y += rowHeight;
    }
  }

  private String cut(String caption) {
    String shown = caption;
    while (shown.length() > 1
        && g.getFontMetrics(SheetFont.of(Font.BOLD, 14)).stringWidth(shown) > LABEL - GAP) {
      shown = shown.substring(0, shown.length() - 1);
    }
    return shown;
  }

  private static int left(int column) {
    return MARGIN + LABEL + column * (TILE + GAP);
  }

  private void picture(Pixels pixels, int x, int y) {
    g.drawImage(pixels.toBufferedImage(), x, y, TILE, tileHeight, null);
  }

  private void text(String words, int x, int y, Font font, Color colour) {
    g.setFont(font);
    g.setColor(colour);
    g.drawString(words, x, y);
  }
}
