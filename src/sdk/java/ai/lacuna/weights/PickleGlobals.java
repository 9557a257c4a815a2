package ai.lacuna.weights;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The globals that a checkpoint may name, and what calling them gives. All others are refused. */
final class PickleGlobals {
  static final String ORDERED_DICT = "collections.OrderedDict";
  static final String NAMESPACE = "argparse.Namespace";
  private static final String SIZE = "torch.Size";
  private static final String REBUILD = "torch._utils._rebuild_tensor";
  private static final String REBUILD_2 = "torch._utils._rebuild_tensor_v2";
  private static final String REBUILD_3 = "torch._utils._rebuild_tensor_v3";
  private static final String PARAMETER = "torch._utils._rebuild_parameter";
  private static final Set<String> CALLED =
      Set.of(ORDERED_DICT, SIZE, REBUILD, REBUILD_2, REBUILD_3, PARAMETER);

  private static final Map<String, Tensor.Type> STORAGES =
      Map.of(
          "FloatStorage", Tensor.Type.F32,
          "DoubleStorage", Tensor.Type.F64,
          "HalfStorage", Tensor.Type.F16,
          "BFloat16Storage", Tensor.Type.BF16,
          "LongStorage", Tensor.Type.I64,
          "IntStorage", Tensor.Type.I32,
          "ShortStorage", Tensor.Type.I16,
          "CharStorage", Tensor.Type.I8,
          "ByteStorage", Tensor.Type.U8,
          "BoolStorage", Tensor.Type.BOOL);

  private static final Map<String, Tensor.Type> TYPES = types();

  private final boolean namespaces;
  private final String where;

  /**
   * Prepares the globals of a file.
   *
   * @param namespaces whether {@code argparse.Namespace} is passed over
   * @param where the file's name for messages
   */
  PickleGlobals(boolean namespaces, String where) {
    this.namespaces = namespaces;
    this.where = where;
  }

  private static Map<String, Tensor.Type> types() {
    Map<String, Tensor.Type> types = new HashMap<>();
    types.put("float32", Tensor.Type.F32);
    types.put("float64", Tensor.Type.F64);
    types.put("float16", Tensor.Type.F16);
    types.put("bfloat16", Tensor.Type.BF16);
    types.put("int64", Tensor.Type.I64);
    types.put("int32", Tensor.Type.I32);
    types.put("int16", Tensor.Type.I16);
    types.put("int8", Tensor.Type.I8);
    types.put("uint8", Tensor.Type.U8);
    types.put("uint16", Tensor.Type.U16);
    types.put("uint32", Tensor.Type.U32);
    types.put("uint64", Tensor.Type.U64);
    types.put("bool", Tensor.Type.BOOL);
    return types;
  }

  /** What a name stands for. */
  PickleValue find(String module, String name) {
    String full = module + "." + name;
    if (CALLED.contains(full) || (namespaces && full.equals(NAMESPACE))) {
      return new PickleValue.Global(full);
    }
    if (module.equals("torch") && STORAGES.containsKey(name)) {
      return new PickleValue.StorageType(Optional.ofNullable(STORAGES.get(name)));
    }
    if (full.equals("torch.storage.UntypedStorage")) {
      return new PickleValue.StorageType(Optional.empty());
    }
    Tensor.Type type = TYPES.get(name);
    if (module.equals("torch") && type != null) {
      return new PickleValue.ElementType(type);
    }
    throw new WeightsException(
        "%s: expected tensors in maps, found the Python object %s, which is not loaded; %s"
            .formatted(where, printable(full), remedy(full)));
  }

  private static String remedy(String name) {
    return name.equals(NAMESPACE)
        ? "if it is a training checkpoint, let its settings be passed over (--allow-namespace)"
        : "save model.state_dict() alone in Python, best as safetensors";
  }

  /** What the file says, for a message on one line. */
  static String printable(String text) {
    String cut = text.length() > 80 ? text.substring(0, 80) + "…" : text;
    String plain = cut.replaceAll("[^\\x20-\\x7e…]", "?");
    return plain.isBlank() ? "?" : plain;
  }

  /** The result of a call. */
  Object call(Object callee, List<Object> args) {
    if (!(callee instanceof PickleValue.Global global)) {
      throw new WeightsException(where + ": expected a call of a known function, found another");
    }
    return switch (global.name()) {
      case ORDERED_DICT -> {
        require(args.isEmpty(), global, args);
        yield new java.util.LinkedHashMap<Object, Object>();
      }
      case NAMESPACE -> {
        require(args.isEmpty(), global, args);
        yield new PickleValue.Opaque(NAMESPACE);
      }
      case SIZE -> {
        require(args.size() == 1 && args.get(0) instanceof PickleValue.Tuple, global, args);
        yield args.get(0);
      }
      case PARAMETER -> {
        require(args.size() == 3 && args.get(0) instanceof PickleValue.TensorView, global, args);
        yield args.get(0);
      }
      case REBUILD -> {
        require(args.size() == 4, global, args);
        yield tensor(global, args, Optional.empty());
      }
      case REBUILD_2 -> {
        require(args.size() == 6 || args.size() == 7, global, args);
        yield tensor(global, args, Optional.empty());
      }
      default -> {
        require(args.size() == 7 || args.size() == 8, global, args);
        require(args.get(6) instanceof PickleValue.ElementType, global, args);
        yield tensor(global, args, Optional.of(((PickleValue.ElementType) args.get(6)).type()));
      }
    };
  }

  private PickleValue.TensorView tensor(
      PickleValue.Global callee, List<Object> args, Optional<Tensor.Type> given) {
    require(
        args.get(0) instanceof PickleValue.Storage
            && args.get(1) instanceof Long
            && args.get(2) instanceof PickleValue.Tuple
            && args.get(3) instanceof PickleValue.Tuple,
        callee,
        args);
    PickleValue.Storage storage = (PickleValue.Storage) args.get(0);
    Optional<Tensor.Type> type = given.or(storage::type);
    require(type.isPresent() && (given.isEmpty() || storage.type().isEmpty()), callee, args);
    List<Long> shape = longs((PickleValue.Tuple) args.get(2), callee, args);
    List<Long> stride = longs((PickleValue.Tuple) args.get(3), callee, args);
    require(shape.size() == stride.size(), callee, args);
    return new PickleValue.TensorView(
        storage, type.orElseThrow(), (Long) args.get(1), shape, stride);
  }

  private List<Long> longs(PickleValue.Tuple tuple, PickleValue.Global callee, List<Object> args) {
    require(tuple.items().stream().allMatch(Long.class::isInstance), callee, args);
    return tuple.items().stream().map(Long.class::cast).toList();
  }

  private void require(boolean holds, PickleValue.Global callee, List<Object> args) {
    if (!holds) {
      throw new WeightsException(
          "%s: expected a well-formed call of %s, found %s other arguments; the file is damaged"
              .formatted(where, callee.name(), args.size()));
    }
  }
}
