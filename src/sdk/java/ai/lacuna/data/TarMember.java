package ai.lacuna.data;

import java.util.Optional;

/**
 * Where the image of a sample lies in its shard.
 *
 * @param image the member's name
 * @param offset where its bytes begin in the shard; -1 in a compressed one
 * @param length its bytes
 * @param label the index of its class, or {@link Sample#NO_LABEL}
 * @param annotation what its {@code .json} says, if that was asked for or names the class
 */
record TarMember(
    String image, long offset, int length, int label, Optional<Annotation> annotation) {

  /** The same in a class. */
  TarMember withLabel(int index) {
    return new TarMember(image, offset, length, index, Optional.empty());
  }
}
