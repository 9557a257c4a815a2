package ai.lacuna.weights;

import java.util.List;
import java.util.Optional;

/** What a restricted pickle may hold beside maps, lists, texts, numbers, truth values and null. */
sealed interface PickleValue {

  /**
   * A tuple.
   *
   * @param items in order
   */
  record Tuple(List<Object> items) implements PickleValue {}

  /**
   * A global that the reader knows; nothing is ever loaded for it.
   *
   * @param name {@code module.name}
   */
  record Global(String name) implements PickleValue {}

  /**
   * The type of a storage's elements.
   *
   * @param type empty for {@code UntypedStorage}, whose elements are bytes
   */
  record StorageType(Optional<Tensor.Type> type) implements PickleValue {}

  /**
   * A type of tensor elements, {@code torch.float32}.
   *
   * @param type the type
   */
  record ElementType(Tensor.Type type) implements PickleValue {}

  /**
   * Numbers that lie elsewhere in the file.
   *
   * @param type of its elements; empty for bytes
   * @param key its name in the file
   * @param numel number of elements
   */
  record Storage(Optional<Tensor.Type> type, String key, long numel) implements PickleValue {
    /** Its size in bytes. */
    long bytes() {
      return Math.multiplyExact(numel, (long) type.map(Tensor.Type::bytes).orElse(1));
    }
  }

  /**
   * A view of a storage.
   *
   * @param storage where its elements lie
   * @param type of its elements
   * @param offset of the first element, in elements
   * @param shape its dimensions
   * @param stride elements from one index to the next, for each dimension
   */
  record TensorView(
      Storage storage, Tensor.Type type, long offset, List<Long> shape, List<Long> stride)
      implements PickleValue {}

  /** An object whose class is of no interest: {@code argparse.Namespace}. */
  record Opaque(String name) implements PickleValue {}
}
