package ai.lacuna.pretrain;

import ai.lacuna.data.Batch;
import ai.lacuna.masking.Mask;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The masks of an epoch's batches, drawn by the loader's workers as they read: one that looks at
 * its image may take as long as decoding it, and the device would wait.
 */
final class MasksAhead {
  private final BatchMasks masks;
  private final int epoch;

  /** By the very batches: gives the masks, or throws what drawing them threw. */
  private final Map<Batch, Supplier<List<Mask>>> drawn =
      Collections.synchronizedMap(new IdentityHashMap<>());

  MasksAhead(BatchMasks masks, int epoch) {
    this.masks = masks;
    this.epoch = epoch;
  }

  /** Draws the masks of a batch on this thread, and keeps them until they are taken. */
  void draw(Batch batch) {
    drawn.put(batch, result(batch));
  }

  private Supplier<List<Mask>> result(Batch batch) {
    try {
      List<Mask> all = masks.draw(epoch, batch);
      return () -> all;
    } catch (RuntimeException e) {
      return () -> {
        throw e; // Where the batch is trained on: the run goes as far as it can.
      };
    }
  }

  /** A mask for each image of a batch; drawn now if it is not one of this epoch's loader. */
  List<Mask> take(int wanted, Batch batch) {
    Supplier<List<Mask>> ahead = drawn.remove(batch);
    return wanted == epoch && ahead != null ? ahead.get() : masks.draw(wanted, batch);
  }
}
