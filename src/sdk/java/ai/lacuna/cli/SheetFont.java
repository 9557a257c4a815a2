package ai.lacuna.cli;

import java.awt.Font;
import java.awt.Graphics2D;

/** The font that pictures are labelled with. */
final class SheetFont {
  private SheetFont() {}

  static Font of(int style, int size) {
    return new Font(Font.SANS_SERIF, style, size);
  }

  /**
   * Refuses a machine without a font: a JDK there fails in several ways when it is first asked for
   * one.
   *
   * @param remedy what to do about it
   * @throws UsageException if there is none
   */
  static void require(Graphics2D g, String remedy) {
    try {
      of(Font.PLAIN, 12).getStringBounds("x", g.getFontRenderContext());
    } catch (RuntimeException | LinkageError | InternalError e) {
      throw new UsageException(
          "--out: no font on this machine to label a .png with ("
              + e.getMessage()
              + "); "
              + remedy);
    }
  }
}
