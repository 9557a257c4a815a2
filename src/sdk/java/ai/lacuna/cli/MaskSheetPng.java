package ai.lacuna.cli;

import ai.lacuna.serving.Pixels;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/** A {@link MaskSheet} as one picture. */
final class MaskSheetPng {
  private static final Color PAGE = new Color(0xfcfcfa);
  private static final Color INK = new Color(0x1b1d20);
  private static final Color SOFT = new Color(0x63676d);
  private static final Color LINE = new Color(0xdcdcd6);
  private static final Color[] CURVES = {
    new Color(0x8a8f96), new Color(0x14695b), new Color(0xc4522e), new Color(0x3d5fa8)
  };

  private static final int MARGIN = 36;
  private static final int LABEL = 250;
  private static final int TILE = 100;
  private static final int GAP = 6;
  private static final int GROUP_GAP = 26;

  /** Four lines of text: beside pictures that are much wider than high they are the higher. */
  private static final int TEXT_HEIGHT = 84;

  private static final int HEAD = 96;
  private static final int CURVES_HEIGHT = 250;

  private final MaskSheet sheet;
  private final int tileHeight;
  private final int groupWidth;
  private final int width;
  private final int height;
  private final BufferedImage image;
  private final Graphics2D g;

  private MaskSheetPng(MaskSheet sheet) {
    this.sheet = sheet;
    Pixels first = sheet.subjects().get(0).image();
    tileHeight = Math.max(1, (int) Math.round((double) TILE * first.height() / first.width()));
    groupWidth = sheet.epochs().size() * (TILE + GAP) - GAP;
    int groups = sheet.subjects().size();
    width = Math.max(760, 2 * MARGIN + LABEL + groups * (groupWidth + GROUP_GAP) - GROUP_GAP);
    int rows = sheet.rows().size() + 1;
    height = HEAD + rows * (rowHeight() + 2 * GAP) + 40 + CURVES_HEIGHT + 2 * MARGIN;
    image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
  }

  /** The file's content. */
  static byte[] of(MaskSheet sheet) throws IOException {
    MaskSheetPng png = new MaskSheetPng(sheet);
    try {
      SheetFont.require(
          png.g, "install one, such as fonts-dejavu-core with fontconfig, or write a .html");
      png.draw();
    } finally {
      png.g.dispose();
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(png.image, "png", bytes);
    return bytes.toByteArray();
  }

  private static Font font(int style, int size) {
    return SheetFont.of(style, size);
  }

  private void draw() {
    g.setColor(PAGE);
    g.fillRect(0, 0, width, height);
    text("Masks", MARGIN, MARGIN + 22, font(Font.BOLD, 26), INK);
    String line = sheet.summary() + ". Images: " + sheet.data() + ".";
    text(line, MARGIN, MARGIN + 46, font(Font.PLAIN, 14), SOFT);
    int y = HEAD + MARGIN / 2;
    originals(y);
    y += rowHeight() + 2 * GAP;
    for (MaskSheet.Row row : sheet.rows()) {
      row(row, y);
      y += rowHeight() + 2 * GAP;
    }
    curves(y + 40);
  }

  private int rowHeight() {
    return Math.max(tileHeight, TEXT_HEIGHT);
  }

  private int left(int group) {
    return MARGIN + LABEL + group * (groupWidth + GROUP_GAP);
  }

  private void originals(int y) {
    for (int i = 0; i < sheet.subjects().size(); i++) {
      MaskSheet.Subject subject = sheet.subjects().get(i);
      int x = left(i);
      picture(subject.image(), x, y);
      int beside = x + TILE + GAP + 6;
      text(subject.caption(), beside, y + 20, font(Font.BOLD, 14), INK);
      List<String> notes = sheet.counts();
      for (int n = 0; n < notes.size(); n++) {
        text(notes.get(n), beside, y + 42 + 18 * n, font(Font.PLAIN, 12), SOFT);
      }
    }
    text("original", MARGIN, y + 20, font(Font.BOLD, 15), INK);
    wrapped("As the network sees it; below, the epochs side by side.", MARGIN, y + 40);
  }

  private void row(MaskSheet.Row row, int y) {
    String[] parts = row.strategy().split(":", 2);
    text(parts[0], MARGIN, y + 20, font(Font.BOLD, 15), INK);
    int next = y + 40;
    if (parts.length > 1) {
      text(parts[1].replace(",", ", "), MARGIN, next - 2, font(Font.PLAIN, 13), INK);
      next += 18;
    }
    wrapped(row.sentence(), MARGIN, next);
    for (int i = 0; i < row.tiles().size(); i++) {
      List<MaskSheet.Tile> tiles = row.tiles().get(i);
      for (int e = 0; e < tiles.size(); e++) {
        picture(tiles.get(e).picture(), left(i) + e * (TILE + GAP), y);
      }
    }
  }

  private void picture(Pixels pixels, int x, int y) {
    g.drawImage(pixels.toBufferedImage(), x, y, TILE, tileHeight, null);
  }

  private void curves(int top) {
    text("Schedules of the ratio", MARGIN, top + 16, font(Font.BOLD, 15), INK);
    wrapped(
        "Share of the patches removed, by epoch; one count for all images of an epoch.",
        MARGIN,
        top + 36);
    int x = left(0) + 34;
    int y = top + 6;
    int w = Math.min(560, width - MARGIN - x - 210);
    int h = CURVES_HEIGHT - 40;
    double[] range = sheet.range();
    int last = sheet.curves().get(0).ratios().size() - 1;
    g.setStroke(new BasicStroke(1));
    int steps = (int) Math.round(10 * (range[1] - range[0]));
    for (int i = 0; i <= steps; i++) {
      int at = y + h - i * h / steps;
      g.setColor(LINE);
      g.drawLine(x, at, x + w, at);
      String tick = String.format(Locale.ROOT, "%.1f", range[0] + i / 10.0);
      text(tick, x - 30, at + 4, font(Font.PLAIN, 12), SOFT);
    }
    int every = Math.max(1, (int) Math.ceil(last / 5.0));
    for (int epoch = 0; epoch <= last; epoch += every) {
      centred("" + epoch, x + epoch * w / last, y + h + 18);
    }
    centred("epoch", x + w / 2, y + h + 36);
    for (int i = 0; i < sheet.curves().size(); i++) {
      MaskSheet.Curve curve = sheet.curves().get(i);
      g.setColor(CURVES[i % CURVES.length]);
      g.setStroke(new BasicStroke(2.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
      Path2D path = new Path2D.Double();
      for (int epoch = 0; epoch <= last; epoch++) {
        double share = (curve.ratios().get(epoch) - range[0]) / (range[1] - range[0]);
        double px = x + (double) epoch * w / last;
        double py = y + h - share * h;
        if (epoch == 0) {
          path.moveTo(px, py);
        } else {
          path.lineTo(px, py);
        }
      }
      g.draw(path);
      int ky = y + 14 + 44 * i;
      g.drawLine(x + w + 24, ky - 5, x + w + 48, ky - 5);
      text(curve.name(), x + w + 58, ky, font(Font.PLAIN, 13), INK);
      text(curve.text(), x + w + 58, ky + 17, font(Font.PLAIN, 12), SOFT);
    }
  }

  private void centred(String words, int x, int y) {
    int half = g.getFontMetrics(font(Font.PLAIN, 12)).stringWidth(words) / 2;
    text(words, x - half, y, font(Font.PLAIN, 12), SOFT);
  }

  private void text(String words, int x, int y, Font font, Color colour) {
    g.setFont(font);
    g.setColor(colour);
    g.drawString(words, x, y);
  }

  private void wrapped(String words, int x, int y) {
    Font font = font(Font.PLAIN, 13);
    FontMetrics metrics = g.getFontMetrics(font);
    StringBuilder line = new StringBuilder();
    int at = y;
    for (String word : words.split(" ", -1)) {
      if (!line.isEmpty() && metrics.stringWidth(line + " " + word) > LABEL - 24) {
        text(line.toString(), x, at, font, SOFT);
        line.setLength(0);
        at += 17;
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    text(line.toString(), x, at, font, SOFT);
  }
}
