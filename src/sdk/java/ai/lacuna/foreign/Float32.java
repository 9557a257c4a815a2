package ai.lacuna.foreign;

import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Brings numbers of other widths to float32. */
final class Float32 {
  private Float32() {}

  /**
   * Converts what is not float32.
   *
   * @param tensors whose float32 tensors are shared
   * @param notes where each conversion is said
   * @throws WeightsException if there are numbers of other types
   */
  static NamedTensors of(NamedTensors tensors, List<String> notes, String where) {
    Map<Tensor.Type, Integer> converted = new EnumMap<>(Tensor.Type.class);
    NamedTensors.Builder floats = NamedTensors.builder();
    for (NamedTensors.Entry entry : tensors) {
      Tensor tensor = entry.tensor();
      switch (tensor.type()) {
        case F32 -> floats.add(entry.name(), tensor);
        case F16, BF16, F64 -> {
          floats.add(entry.name(), Tensor.of(tensor.toFloats(), tensor.shape()));
          converted.merge(tensor.type(), 1, Integer::sum);
        }
        default ->
            throw new WeightsException(
                "%s: %s: expected float32, float16, bfloat16 or float64, found %s; convert the file"
                        .formatted(where, entry.name(), tensor)
                    + " to float32 in Python first");
      }
    }
    converted.forEach(
        (type, count) ->
            notes.add("converted %s tensors from %s to float32".formatted(count, name(type))));
    return floats.build();
  }

  private static String name(Tensor.Type type) {
    return switch (type) {
      case F16 -> "float16";
      case BF16 -> "bfloat16";
      default -> "float64";
    };
  }
}
