package ai.lacuna.monitor;

import ai.lacuna.pretrain.Reconstructions.Reconstruction;
import ai.lacuna.serving.Pixels;
import java.util.Arrays;
import java.util.List;

/** Original, masked and reconstructed images in one picture: a row each, a column per image. */
public final class PictureGrid {
  private static final int GAP = 4;
  private static final byte WHITE = (byte) 255;

  /** Small images are enlarged, pixel by pixel, until they are as large as this. */
  private static final int LEAST_SIDE = 84;

  private PictureGrid() {}

  /**
   * Draws the grid on white.
   *
   * @param columns at least one image, all of one size, grey or RGB
   * @return the picture
   */
  public static Pixels of(List<Reconstruction> columns) {
    Pixels first = columns.get(0).original();
    int scale = Math.max(1, LEAST_SIDE / Math.max(first.height(), first.width()));
    int tileHeight = first.height() * scale + GAP;
    int tileWidth = first.width() * scale + GAP;
    int channels = first.channels();
    int height = 3 * tileHeight + GAP;
    int width = columns.size() * tileWidth + GAP;
    byte[] data = new byte[height * width * channels];
    Arrays.fill(data, WHITE);
    for (int column = 0; column < columns.size(); column++) {
      Reconstruction one = columns.get(column);
      List<Pixels> rows = List.of(one.original(), one.masked(), one.reconstructed());
      for (int row = 0; row < rows.size(); row++) {
        Pixels tile = rows.get(row);
        for (int y = 0; y < tile.height() * scale; y++) {
          for (int x = 0; x < tile.width() * scale; x++) {
            int from = (y / scale * tile.width() + x / scale) * channels;
            int to =
                ((GAP + row * tileHeight + y) * width + GAP + column * tileWidth + x) * channels;
            System.arraycopy(tile.data(), from, data, to, channels);
          }
        }
      }
    }
    return Pixels.of(height, width, channels, data);
  }
}
