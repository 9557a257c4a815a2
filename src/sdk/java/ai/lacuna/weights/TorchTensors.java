package ai.lacuna.weights;

import ai.lacuna.weights.PickleValue.Storage;
import ai.lacuna.weights.PickleValue.TensorView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes tensors of views on storages, each storage read once. */
final class TorchTensors {
  /** Reads the bytes of a storage. */
  interface Bytes {
    /** All its bytes, exactly {@link Storage#bytes}. */
    ByteBuffer of(Storage storage) throws IOException;
  }

  /** How often the bytes of a storage may be copied for views of it: tied weights are two. */
  private static final int MAX_COPIES = 4;

  private final Bytes bytes;
  private final String where;
  private final Map<String, ByteBuffer> known = new HashMap<>();
  private final Map<String, Long> copied = new HashMap<>();

  TorchTensors(Bytes bytes, String where) {
    this.bytes = bytes;
    this.where = where;
  }

  /** A view of neighbours shares the storage's bytes; another one is copied. */
  Tensor of(String name, TensorView view) throws IOException {
    Storage storage = view.storage();
    int width = view.type().bytes();
    long elements = storage.bytes() / width;
    long numel = requireInside(name, view, elements);
    ByteBuffer data = known.get(storage.key());
    if (data == null) {
      data = bytes.of(storage);
      known.put(storage.key(), data);
    }
    if (data.remaining() != storage.bytes()) {
      throw damaged(name, "a storage of " + storage.bytes() + " bytes", data.remaining());
    }
    long[] shape = view.shape().stream().mapToLong(Long::longValue).toArray();
    int begin = (int) (view.offset() * width);
    if (isContiguous(view)) {
      return Tensor.of(view.type(), data.slice(begin, (int) (numel * width)), shape);
    }
    if (copied.merge(storage.key(), numel * width, Long::sum) > MAX_COPIES * storage.bytes()) {
      throw damaged(name, "at most " + MAX_COPIES + " copies of a storage", "more views of it");
    }
    return Tensor.of(view.type(), gathered(view, data, (int) numel), shape);
  }

  /** Checks shape, strides and offset against the storage; returns the number of elements. */
  private long requireInside(String name, TensorView view, long elements) {
    boolean small = view.offset() >= 0 && view.storage().bytes() <= Integer.MAX_VALUE;
    for (int i = 0; i < view.shape().size(); i++) {
      small &= view.shape().get(i) >= 0 && view.shape().get(i) <= Integer.MAX_VALUE;
      small &= view.stride().get(i) >= 0 && view.stride().get(i) <= Integer.MAX_VALUE;
    }
    boolean empty = view.shape().contains(0L);
    long numel = 1;
    long last = view.offset();
    for (int i = 0; small && !empty && i < view.shape().size(); i++) {
      numel *= view.shape().get(i);
      last += (view.shape().get(i) - 1) * view.stride().get(i);
      // No more elements than the storage has: a stride of 0 would make any number of them.
      small = numel <= elements && last < elements;
    }
    if (!small || (empty ? view.offset() > elements : last >= elements)) {
      throw damaged(
          name,
          "a view of " + elements + " elements, at most 2^31-1 bytes",
          view.shape() + " by " + view.stride() + " from " + view.offset());
    }
    return empty ? 0 : numel;
  }

  private static boolean isContiguous(TensorView view) {
    long expected = 1;
    for (int i = view.shape().size() - 1; i >= 0; i--) {
      long size = view.shape().get(i);
      if (size != 1 && view.stride().get(i) != expected) {
        return view.shape().contains(0L);
      }
      expected *= size;
    }
    return true;
  }

  private static ByteBuffer gathered(TensorView view, ByteBuffer data, int numel) {
    int width = view.type().bytes();
    List<Long> shape = view.shape();
    ByteBuffer copy = ByteBuffer.allocate(numel * width);
    long[] index = new long[shape.size()];
    long place = view.offset();
    for (int i = 0; i < numel; i++) {
      copy.put(data.slice((int) place * width, width));
      for (int axis = index.length - 1; axis >= 0; axis--) {
        place += view.stride().get(axis);
        if (++index[axis] < shape.get(axis)) {
          break;
        }
        place -= view.stride().get(axis) * shape.get(axis);
        index[axis] = 0;
      }
    }
    return copy.flip();
  }

  private WeightsException damaged(String name, String expected, Object found) {
    return new WeightsException(
        "%s: %s: expected %s, found %s; the file is damaged"
            .formatted(where, PickleGlobals.printable(name), expected, found));
  }
}
