package ai.lacuna.data;

import java.util.Objects;

/** Images with annotations; a sample's id is its index. */
public interface AnnotatedDataset extends EncodedDataset {
  /**
   * Says what is known of an image.
   *
   * @param index from 0 to {@code size() - 1}
   * @return its annotation
   * @throws IllegalStateException if the data was opened without annotations
   * @throws IndexOutOfBoundsException if there is no such index
   */
  Annotation annotation(int index);

  @Override
  default long id(int index) {
    return Objects.checkIndex(index, size());
  }

  /**
   * Says where a sample lies.
   *
   * @param index from 0 to {@code size() - 1}
   * @return its shard and member, for errors
   * @throws IndexOutOfBoundsException if there is no such index
   */
  String where(int index);
}
