package ai.lacuna.cli;

import ai.lacuna.segment.ClassColours;
import ai.lacuna.segment.MaskedImages;
import ai.lacuna.segment.Masks;
import ai.lacuna.segment.SegmentationScores;
import ai.lacuna.segment.Segmented;
import ai.lacuna.serving.Pixels;
import ai.lacuna.text.Counted;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Some images with their masks, true and predicted, and what the colours mean, as one picture. */
final class SegmentationSheet {
  private static final Color PAGE = new Color(0xfcfcfa);
  private static final Color INK = new Color(0x1b1d20);
  private static final Color SOFT = new Color(0x63676d);
  private static final List<String> COLUMNS = List.of("image", "mask", "prediction");

  private static final int MARGIN = 36;
  private static final int HEAD = 84;
  private static final int TILE = 168;
  private static final int GAP = 10;
  private static final int GROUP = 3 * (TILE + GAP) + 2 * GAP;
  private static final int LEGEND = 22;
  private static final int LEGEND_WIDTH = 270;

  /**
   * A row.
   *
   * @param tiles image, mask and prediction
   */
  private record Row(List<BufferedImage> tiles) {}

  private final List<Row> rows;
  private final SegmentationScores scores;
  private final int tileHeight;
  private final int legendRows;
  private final BufferedImage image;
  private final Graphics2D g;

  private SegmentationSheet(List<Row> rows, SegmentationScores scores) {
    this.rows = rows;
    this.scores = scores;
    // A row is as high as its highest picture, within reason.
    double aspect =
        rows.stream()
            .map(row -> row.tiles().get(0))
            .mapToDouble(tile -> (double) tile.getHeight() / tile.getWidth())
            .max()
            .orElse(1);
    tileHeight = (int) Math.round(TILE * Math.min(2, aspect));
    int width = 2 * MARGIN + 2 * GROUP;
    int columns = legendColumns(width);
    legendRows = (scores.classes().size() + 1 + columns - 1) / columns;
    int lines = (rows.size() + 1) / 2;
    int height = 2 * MARGIN + HEAD + lines * (tileHeight + GAP) + 2 * GAP + legendRows * LEGEND;
    image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    g = image.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
  }

  private static int legendColumns(int width) {
    return (width - 2 * MARGIN) / LEGEND_WIDTH;
  }

  /**
   * Draws the first images.
   *
   * @param count how many, at least 1
   * @param scores of all images
   * @return the file's content
   * @throws IOException if an image can't be read
   */
  static byte[] of(Segmented model, MaskedImages data, int count, SegmentationScores scores)
      throws IOException {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Pixels joined = data.pairs().get(i).pixels();
      Pixels picture = Masks.image(joined);
      rows.add(
          new Row(
              List.of(
                  picture.withChannels(3).toBufferedImage(),
                  ClassColours.paint(Masks.mask(joined)).toBufferedImage(),
                  ClassColours.paint(model.predict(picture)).toBufferedImage())));
    }
    SegmentationSheet sheet = new SegmentationSheet(rows, scores);
    try {
      SheetFont.require(sheet.g, "install one, such as fonts-dejavu-core with fontconfig");
      sheet.draw(data.pairs().name());
    } finally {
      sheet.g.dispose();
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(sheet.image, "png", bytes);
    return bytes.toByteArray();
  }

  private void draw(String name) {
    g.setColor(PAGE);
    g.fillRect(0, 0, image.getWidth(), image.getHeight());
    text("Segmentation", MARGIN, MARGIN + 22, Font.BOLD, 26, INK);
    String figures =
        String.format(
            Locale.ROOT,
            "%s: mean IoU %.2f %%, %.2f %% of the pixels right, over %s.",
            name,
            100 * scores.meanIou(),
            100 * scores.pixelAccuracy(),
            Counted.of(scores.images(), "image"));
    text(figures, MARGIN, MARGIN + 46, Font.PLAIN, 14, SOFT);
    for (int group = 0; group < Math.min(2, rows.size()); group++) {
      for (int i = 0; i < COLUMNS.size(); i++) {
        text(COLUMNS.get(i), left(group, i), MARGIN + HEAD - 8, Font.BOLD, 13, INK);
      }
    }
    for (int i = 0; i < rows.size(); i++) {
      int top = MARGIN + HEAD + i / 2 * (tileHeight + GAP);
      for (int column = 0; column < COLUMNS.size(); column++) {
        picture(rows.get(i).tiles().get(column), left(i % 2, column), top, column > 0);
      }
    }
    legend();
  }

  private static int left(int group, int column) {
    return MARGIN + group * GROUP + column * (TILE + GAP);
  }

  /** Within its tile, in its own aspect; masks and small images in their own pixels. */
  private void picture(BufferedImage tile, int x, int y, boolean exact) {
    double scale =
        Math.min((double) TILE / tile.getWidth(), (double) tileHeight / tile.getHeight());
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION,
        exact || scale >= 1
            ? RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR
            : RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    int width = (int) Math.max(1, Math.round(tile.getWidth() * scale));
    int height = (int) Math.max(1, Math.round(tile.getHeight() * scale));
    g.drawImage(tile, x, y, width, height, null);
  }

  private void legend() {
    int columns = legendColumns(image.getWidth());
    int top = image.getHeight() - MARGIN - legendRows * LEGEND;
    for (int i = 0; i <= scores.classes().size(); i++) {
      boolean ignored = i == scores.classes().size();
      int x = MARGIN + i % columns * LEGEND_WIDTH;
      int y = top + i / columns * LEGEND;
      g.setColor(ClassColours.of(ignored ? Masks.IGNORED : i));
      g.fillRect(x, y, 14, 14);
      g.setColor(SOFT);
      g.drawRect(x, y, 14, 14);
      text(ignored ? "ignored" : words(i), x + 22, y + 12, Font.PLAIN, 13, INK);
    }
  }

  private String words(int label) {
    double share = scores.iou().get(label);
    String name = scores.classes().get(label);
    String shown = name.length() > 22 ? name.substring(0, 21) + "…" : name;
    return Double.isNaN(share)
        ? shown
        : String.format(Locale.ROOT, "%s, IoU %.1f %%", shown, 100 * share);
  }

  private void text(String words, int x, int y, int style, int size, Color colour) {
    g.setFont(SheetFont.of(style, size));
    g.setColor(colour);
    g.drawString(words, x, y);
  }
}
