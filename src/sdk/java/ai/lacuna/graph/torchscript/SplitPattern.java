package ai.lacuna.graph.torchscript;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Slices that together cut a whole axis into equal parts, such as query, key and value of one
 * product.
 */
final class SplitPattern {
  private SplitPattern() {}

  private record Cut(Value whole, int axis) {}

  /** Each group in order of its parts, at least two. */
  static List<List<Value>> find(Graph graph) {
    Map<Cut, List<Value>> slices = new LinkedHashMap<>();
    for (Value value : graph.values()) {
      if (value.op() instanceof Op.Slice slice) {
        Cut cut = new Cut(value.operands().get(0), slice.axis());
        slices.computeIfAbsent(cut, key -> new ArrayList<>()).add(value);
      }
    }
    slices.values().forEach(parts -> parts.sort(Comparator.comparingLong(p -> slice(p).start())));
    return slices.entrySet().stream()
        .filter(entry -> isSplit(entry.getKey(), entry.getValue()))
        .map(Map.Entry::getValue)
        .toList();
  }

  private static Op.Slice slice(Value value) {
    return (Op.Slice) value.op();
  }

  private static boolean isSplit(Cut cut, List<Value> parts) {
    long size = slice(parts.get(0)).end();
    for (int i = 0; i < parts.size(); i++) {
      if (slice(parts.get(i)).start() != i * size || slice(parts.get(i)).end() != (i + 1) * size) {
        return false;
      }
    }
    return parts.size() > 1 && parts.size() * size == cut.whole.shape().dim(cut.axis);
  }
}
