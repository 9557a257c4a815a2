package ai.lacuna.export;

import ai.lacuna.graph.onnx.AnySizeInput;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.serving.Resize;
import java.util.ArrayList;
import java.util.List;

/** Preprocessing inside a model, and images of many sizes that it is judged on. */
final class AnySize {
  /** Heights and widths in sixteenths of the network's: larger, smaller, and of other aspects. */
  private static final int[][] SIZES = {
    {16, 16}, {40, 30}, {29, 43}, {11, 14}, {17, 71}, {100, 64}, {16, 20}, {64, 64}
  };

  private static final int SIXTEENTHS = 16;
  private static final double MAX_BYTE = 255;

  private AnySize() {}

  /** A preprocessing as the lowering takes it. */
  static AnySizeInput input(Preprocessing p) {
    List<Integer> padding = new ArrayList<>();
    if (p.fit().pads()) {
      for (double mean : p.mean()) {
        padding.add((int) Math.rint(MAX_BYTE * Math.max(0, Math.min(1, mean))));
      }
    }
    return new AnySizeInput(
        p.height(),
        p.width(),
        p.channels(),
        (int) Math.floor(p.height() / p.cropFraction()),
        (int) Math.floor(p.width() / p.cropFraction()),
        padding,
        p.fit() != Preprocessing.Fit.KEEP,
        p.interpolation() == Interpolation.BICUBIC);
  }

  /**
   * Images of several sizes: every second one stays as it is, the others are resized in turn; few
   * images are repeated until all sizes are there.
   */
  static List<Pixels> mixed(List<Pixels> images, Preprocessing p) {
    List<Pixels> enough = new ArrayList<>(images);
    for (int i = 0; enough.size() < SIZES.length; i++) {
      enough.add(images.get(i % images.size()));
    }
    List<Pixels> mixed = resized(enough, p);
    for (int i = 0; i < mixed.size(); i += 2) {
      mixed.set(i, enough.get(i));
    }
    return mixed;
  }

  /** Images at other sizes, in turn. */
  static List<Pixels> resized(List<Pixels> images, Preprocessing p) {
    List<Pixels> resized = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      int[] size = SIZES[i % SIZES.length];
      int height = Math.max(1, p.height() * size[0] / SIXTEENTHS);
      int width = Math.max(1, p.width() * size[1] / SIXTEENTHS);
      Pixels image = images.get(i);
      resized.add(Resize.resize(image, Box.whole(image), height, width, Interpolation.BICUBIC));
    }
    return resized;
  }
}
