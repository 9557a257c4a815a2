package ai.lacuna.graph.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The initializers that a lowering may need, by name; their content is made when it is written. */
final class OnnxTensors {
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /**
   * One initializer.
   *
   * @param type element type
   * @param dims dimensions
   * @param bytes length of the content
   * @param content makes the content: little endian, row-major
   */
  record Entry(
      TensorProto.DataType type, List<Long> dims, long bytes, Supplier<ByteBuffer> content) {
    Entry {
      dims = List.copyOf(dims);
    }

    TensorProto.Builder proto(String name) {
      return TensorProto.newBuilder().setName(name).setDataType(type.getNumber()).addAllDims(dims);
    }
  }

  /** Adds an initializer, unless there is one of that name; gives the name. */
  String add(String name, Entry entry) {
    entries.putIfAbsent(name, entry);
    return name;
  }

  /** Those whose names occur, in the order in which they were added. */
  Map<String, Entry> used(Set<String> names) {
    Map<String, Entry> used = new LinkedHashMap<>(entries);
    used.keySet().retainAll(names);
    return used;
  }
}
