package ai.lacuna.graph.torchscript;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.HalfPrecision;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Precision;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How an archive stores its parameters.
 *
 * @param low names of those in 16 bits
 * @param precision in which 16 bits
 * @param hollow whether trainable ones are one 0 each, for a reader that brings them
 */
record StoredTypes(Set<String> low, Precision precision, boolean hollow) {

  static StoredTypes float32() {
    return new StoredTypes(Set.of(), Precision.FLOAT32, false);
  }

  static StoredTypes hollowed() {
    return new StoredTypes(Set.of(), Precision.FLOAT32, true);
  }

  boolean isHollow(Parameter parameter) {
    return hollow && parameter.trainable();
  }

  /** What linear layers alone read, perhaps reordered, is stored in their type. */
  static StoredTypes of(Program program, Precision precision) {
    if (!precision.isLow()) {
      return float32();
    }
    Set<String> read = new HashSet<>();
    Set<String> wide = new HashSet<>();
    for (Graph function : program.functions()) {
      function.outputs().values().forEach(value -> parameter(value, wide));
      for (Value value : function.values()) {
        boolean moves = value.op() instanceof Op.Reshape || value.op() instanceof Op.Transpose;
        boolean linear = value.op() instanceof Op.Linear;
        List<Value> operands = value.operands();
        for (int i = 0; i < operands.size(); i++) {
          if (linear && i > 0) {
            parameter(operands.get(i), read);
          } else if (!moves) {
            parameter(operands.get(i), wide);
          }
        }
      }
    }
    read.removeAll(wide);
    return new StoredTypes(Set.copyOf(read), precision, false);
  }

  /** Adds the name of the parameter that a value is, perhaps reordered. */
  private static void parameter(Value value, Set<String> names) {
    Value root = value;
    while (root.op() instanceof Op.Reshape || root.op() instanceof Op.Transpose) {
      root = root.operands().get(0);
    }
    if (root.op() instanceof Op.Param param) {
      names.add(param.parameter().name());
    }
  }

  /** The class of a parameter's storage in Python. */
  String storage(Parameter parameter) {
    if (!low.contains(parameter.name())) {
      return "FloatStorage";
    }
    return precision == Precision.BFLOAT16 ? "BFloat16Storage" : "HalfStorage";
  }

  /** The bytes to store. */
  ByteBuffer stored(Parameter parameter, TensorSource tensors) {
    if (isHollow(parameter)) {
      return ByteBuffer.allocate(Float.BYTES);
    }
    ByteBuffer values = TorchScriptArchive.checked(parameter, tensors);
    if (!low.contains(parameter.name())) {
      return values;
    }
    FloatBuffer floats = values.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    return precision == Precision.BFLOAT16
        ? HalfPrecision.bfloat16(floats)
        : HalfPrecision.float16(floats);
  }
}
