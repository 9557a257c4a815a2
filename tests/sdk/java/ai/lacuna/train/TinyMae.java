package ai.lacuna.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.graph.Program;
import ai.lacuna.masking.Mask;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** A masked autoencoder of three blocks, and batches for it. */
final class TinyMae {
  static final int BATCH = 8;

  private static final VitConfig VIT =
      new VitConfig(8, 12, 1, 4, 32, 2, 2, 4, VitConfig.Positions.LEARNED);
  private static final int KEEP = 2;

  static final Program PROGRAM =
      new MaskedAutoencoder(
              new VisionTransformer(VIT, new Normalization(List.of(0.5), List.of(0.25))),
              new DecoderConfig(16, 1, 2, 4),
              KEEP,
              Objective.paper())
          .program();

  private TinyMae() {}

  static Trainee trainee(Numerics numerics, int replicas) {
    return trainee(numerics, Collections.nCopies(replicas, Device.cpu()));
  }

  static Trainee trainee(Numerics numerics, List<Device> devices) {
    return new Trainee(
        PROGRAM, Weights.initial(PROGRAM, 7), AdamW.pretraining(), numerics, devices);
  }

  /** The batch of a step, cut into parts of these sizes. */
  static List<Part> parts(int step, int... sizes) {
    List<Part> parts = new ArrayList<>();
    int from = 0;
    for (int size : sizes) {
      int first = from;
      parts.add(new Part("loss", (double) size / BATCH, m -> inputs(m, step, first, first + size)));
      from += size;
    }
    return parts;
  }

  /** Images [from, to) of the batch of a step, and their masks. */
  static NDArray[] inputs(NDManager manager, int step, int from, int to) {
    int n = VIT.numPatches();
    int count = to - from;
    ByteBuffer pixels = ByteBuffer.allocate(count * VIT.imageHeight() * VIT.imageWidth());
    long[] keep = new long[count * KEEP];
    long[] restore = new long[count * n];
    float[] removed = new float[count * n];
    long[] remove = new long[count * (n - KEEP)];
    for (int b = 0; b < count; b++) {
      byte[] image = new byte[VIT.imageHeight() * VIT.imageWidth()];
      new Random(100L * step + from + b).nextBytes(image);
      pixels.put(image);
      Mask mask = new RandomMask(n, KEEP).sample(3, step, from + b);
      for (int i = 0; i < KEEP; i++) {
        keep[b * KEEP + i] = mask.idKeep(i);
      }
      for (int i = 0; i < n; i++) {
        restore[b * n + i] = mask.idRestore(i);
        removed[b * n + i] = mask.removed(i) ? 1 : 0;
        if (mask.removed(i)) {
          remove[b * (n - KEEP) + mask.idRestore(i) - KEEP] = i;
        }
      }
    }
    Shape images = new Shape(count, VIT.imageHeight(), VIT.imageWidth(), 1);
    return new NDArray[] {
      manager.create(pixels.flip(), images, DataType.UINT8),
      manager.create(keep, new Shape(count, KEEP)),
      manager.create(restore, new Shape(count, n)),
      manager.create(removed, new Shape(count, n)),
      manager.create(remove, new Shape(count, n - KEEP))
    };
  }

  /** The largest difference of two trainees' gradients, over the largest of their values. */
  static double gradientDifference(Trainee a, Trainee b) {
    double worst = 0;
    for (var parameter : PROGRAM.parameters()) {
      if (parameter.trainable()) {
        worst =
            Math.max(worst, difference(a.gradient(parameter.name()), b.gradient(parameter.name())));
      }
    }
    return worst;
  }

  private static double difference(float[] a, float[] b) {
    double most = 0;
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      most = Math.max(most, Math.abs(a[i] - b[i]));
      largest = Math.max(largest, Math.abs(b[i]));
    }
    return largest == 0 ? most : most / largest;
  }
}
