package ai.lacuna.data;

import java.util.BitSet;
import java.util.Optional;

/**
 * What a loader reads of gzipped shards: all of their samples, or some, as where a share is held
 * out.
 *
 * @param data the whole of the shards
 * @param wanted the places of the samples that are read
 */
record StreamedPart(StreamedShards data, BitSet wanted) {

  /** What there is to be read in its order; nothing where the data can be read at any place. */
  static Optional<StreamedPart> of(ImageDataset data) {
    if (data instanceof StreamedShards shards) {
      BitSet all = new BitSet();
      all.set(0, shards.size());
      return Optional.of(new StreamedPart(shards, all));
    }
    return data instanceof Subset part ? part.streamed() : Optional.empty();
  }

  /** Some of it, by their numbers among all that is wanted, which ascend. */
  StreamedPart some(int[] numbers) {
    int[] places = wanted.stream().toArray();
    BitSet some = new BitSet();
    for (int number : numbers) {
      some.set(places[number]);
    }
    return new StreamedPart(data, some);
  }
}
