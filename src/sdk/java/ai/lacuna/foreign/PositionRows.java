package ai.lacuna.foreign;

import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/**
 * Gives position embeddings of patches alone a row for the class token: timm adds none to it in
 * some models ({@code no_embed_class}), which is the same as adding zeros.
 */
final class PositionRows {
  private static final String TABLE = "pos_embed";

  private PositionRows() {}

  /** The same tensors, or those with a row of zeros before {@code pos_embed}. */
  static NamedTensors complete(
      NamedTensors tensors, int gridHeight, int gridWidth, List<String> notes) {
    Optional<Tensor> table = tensors.find(TABLE);
    if (table.isEmpty() || table.get().shape().length != 3) {
      return tensors;
    }
    long[] shape = table.get().shape();
    boolean patchesAlone =
        gridHeight > 0
            ? (long) gridHeight * gridWidth == shape[1]
            : isSquare(shape[1]) && !isSquare(shape[1] - 1);
    if (!patchesAlone || shape[0] != 1) {
      return tensors;
    }
    notes.add("the class token has no position in the file: a row of zeros stands for it");
    int row = Math.toIntExact(shape[2] * table.get().type().bytes());
    ByteBuffer bytes =
        ByteBuffer.allocate(row + table.get().bytes().remaining()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(row).put(table.get().bytes());
    Tensor completed = Tensor.of(table.get().type(), bytes.flip(), 1, shape[1] + 1, shape[2]);
    NamedTensors.Builder all = NamedTensors.builder();
    tensors.forEach(
        entry -> all.add(entry.name(), entry.name().equals(TABLE) ? completed : entry.tensor()));
    return all.build();
  }

  private static boolean isSquare(long number) {
    long root = Math.round(Math.sqrt((double) number));
    return number > 0 && root * root == number;
  }
}
