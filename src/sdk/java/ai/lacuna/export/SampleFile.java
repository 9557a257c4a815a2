package ai.lacuna.export;

import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * A few images, ready for the network, with the answers of DJL, so that any client can check
 * itself.
 */
final class SampleFile {
  private static final int IMAGES = 8;

  private SampleFile() {}

  /**
   * {@code images} uint8 [n, height, width, channels]; {@code cls} and {@code mean} [n, embedDim];
   * with a head {@code logits} [n, classes], or [n, classes, height, width] of pixels, or {@code
   * values} [n, values].
   */
  static NamedTensors tensors(
      Encoder djl, Optional<? extends ExportedHead> head, List<Pixels> images) {
    int most = head.isPresent() ? Math.min(IMAGES, head.get().atOnce()) : IMAGES;
    List<Pixels> some = images.subList(0, Math.min(most, images.size()));
    int dim = djl.embedDim();
    float[][] pooled = djl.embed(some, Pooling.CLS_MEAN);
    NamedTensors.Builder sample =
        NamedTensors.builder()
            .add("images", images(djl, some))
            .add("cls", rows(pooled, 0, dim))
            .add("mean", rows(pooled, dim, dim));
    head.ifPresent(
        h -> {
          try (ExportedHead.Reference reference = h.reference(djl)) {
            sample.add(h.output(), shaped(reference.logits(some), h.outputShape()));
          }
        });
    return sample.build();
  }

  private static Tensor images(Encoder djl, List<Pixels> images) {
    VitConfig config = djl.config();
    int size = config.imageHeight() * config.imageWidth() * config.channels();
    ByteBuffer bytes = ByteBuffer.allocate(images.size() * size);
    images.forEach(image -> bytes.put(djl.preprocessing().apply(image).data()));
    return Tensor.of(
        Tensor.Type.U8,
        bytes.flip(),
        images.size(),
        config.imageHeight(),
        config.imageWidth(),
        config.channels());
  }

  private static Tensor shaped(float[][] rows, List<Long> shape) {
    long[] dims = new long[1 + shape.size()];
    dims[0] = rows.length;
    for (int i = 0; i < shape.size(); i++) {
      dims[1 + i] = shape.get(i);
    }
    float[] flat = new float[rows.length * rows[0].length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, flat, i * rows[0].length, rows[0].length);
    }
    return Tensor.of(flat, dims);
  }

  private static Tensor rows(float[][] rows, int from, int width) {
    float[] flat = new float[rows.length * width];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], from, flat, i * width, width);
    }
    return Tensor.of(flat, rows.length, width);
  }
}
