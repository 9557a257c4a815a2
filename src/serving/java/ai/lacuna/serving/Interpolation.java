package ai.lacuna.serving;

import com.google.gson.annotations.SerializedName;

/** The kernel of a {@link Resize}; its support grows with the scale when an image shrinks. */
public enum Interpolation {
  /** Triangle kernel, support 1. */
  @SerializedName("bilinear")
  BILINEAR(1) {
    @Override
    double weight(double x) {
      return Math.max(0, 1 - Math.abs(x));
    }
  },
  /** Keys' cubic convolution with a = −0.5 (Pillow's choice, and that of MAE), support 2. */
  @SerializedName("bicubic")
  BICUBIC(2) {
    @Override
    double weight(double x) {
      double t = Math.abs(x);
      if (t < 1) {
        return ((A + 2) * t - (A + 3)) * t * t + 1;
      }
      return t < 2 ? (((t - 5) * t + 8) * t - 4) * A : 0;
    }
  };

  private static final double A = -0.5;

  private final double support;

  Interpolation(double support) {
    this.support = support;
  }

  /** Half the width of the kernel, in pixels at scale 1. */
  double support() {
    return support;
  }

  /** The kernel at {@code x} pixels from its centre. */
  abstract double weight(double x);
}
