package ai.lacuna.foreign;

import ai.lacuna.vit.Normalization;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Fits a patch embedding to images of another number of channels, by timm's rule: to one channel
 * the kernels of all are added; to more, kernel i is the file's kernel i modulo its channels, times
 * the file's channels over the new ones, so that sums keep their size.
 *
 * @param from channels of the file
 * @param to channels of the images
 */
record ChannelConversion(int from, int to) {
  private static final String KERNEL = "patch_embed.proj.weight";

  /** Replaces the kernel [D, from, p, p] by [D, to, p, p]; all else is shared. */
  NamedTensors apply(NamedTensors tensors) {
    NamedTensors.Builder converted = NamedTensors.builder();
    for (NamedTensors.Entry entry : tensors) {
      converted.add(
          entry.name(), entry.name().equals(KERNEL) ? kernel(entry.tensor()) : entry.tensor());
    }
    return converted.build();
  }

  private Tensor kernel(Tensor kernel) {
    long[] shape = kernel.shape();
    int area = Math.toIntExact(shape[2] * shape[3]);
    int width = Math.toIntExact(shape[0]);
    float[] old = kernel.toFloats();
    float[] fitted = new float[Math.multiplyExact(width, to * area)];
    float share = to == 1 ? 1 : (float) from / to;
    for (int d = 0; d < width; d++) {
      for (int c = 0; c < (to == 1 ? from : to); c++) {
        int source = (d * from + c % from) * area;
        int target = (d * to + (to == 1 ? 0 : c)) * area;
        for (int i = 0; i < area; i++) {
          fitted[target + i] += share * old[source + i];
        }
      }
    }
    return Tensor.of(fitted, width, to, shape[2], shape[3]);
  }

  /** One channel's statistics are the means of all; more repeat them in turn. */
  Normalization apply(Normalization statistics) {
    return new Normalization(of(statistics.mean()), of(statistics.std()));
  }

  private List<Double> of(List<Double> values) {
    double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    IntToDoubleFunction channel = c -> to == 1 ? mean : values.get(c % from).doubleValue();
    return new ArrayList<>(IntStream.range(0, to).mapToDouble(channel).boxed().toList());
  }

  @Override
  public String toString() {
    return to == 1
        ? "patch embedding from %s channels to 1: kernels added, statistics averaged"
            .formatted(from)
        : "patch embedding from %s channels to %s: kernels repeated in turn, times %s/%s"
            .formatted(from, to, from, to);
  }
}
