package ai.lacuna.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.data.Batch;
import ai.lacuna.masking.Mask;
import ai.lacuna.train.Part;
import ai.lacuna.vit.VitConfig;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A batch cut into parts whose losses and gradients add up to the batch's. The loss is a mean over
 * images, so a part weighs as many as it has.
 */
final class BatchParts {
  private BatchParts() {}

  /**
   * Cuts a batch.
   *
   * @param function the network's loss
   * @param masks of the batch's images
   * @param count parts, of sizes that differ by at most one image; fewer for a smaller batch
   */
  static List<Part> of(
      PretrainConfig config, String function, Batch batch, List<Mask> masks, int count) {
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int from = (int) ((long) batch.size() * i / count);
      int to = (int) ((long) batch.size() * (i + 1) / count);
      if (from < to) {
        List<Mask> some = masks.subList(from, to);
        parts.add(
            new Part(
                function,
                (to - from) / (double) batch.size(),
                m -> inputs(config, m, batch, from, to, some)));
      }
    }
    return parts;
  }

  private static NDArray[] inputs(
      PretrainConfig config, NDManager manager, Batch batch, int from, int to, List<Mask> masks) {
    VitConfig vit = config.vit();
    Shape shape = new Shape(to - from, vit.imageHeight(), vit.imageWidth(), vit.channels());
    int bytes = vit.imageHeight() * vit.imageWidth() * vit.channels();
    // A slice begins at its own address; of a mere position native code would not know.
    ByteBuffer pixels = batch.images().slice(from * bytes, (to - from) * bytes);
    NDArray images = manager.create(pixels, shape, DataType.UINT8);
    PatchPixels patches = new PatchPixels(config);
    return MaskArrays.of(manager, masks, (i, patch) -> !patches.isPadding(pixels, i * bytes, patch))
        .arguments(images);
  }
}
