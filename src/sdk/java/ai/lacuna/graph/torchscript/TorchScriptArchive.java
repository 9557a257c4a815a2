package ai.lacuna.graph.torchscript;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Precision;
import ai.lacuna.graph.Program;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes TorchScript archives: a zip of stored entries with the pickled modules, the tensors and
 * the code. Entries have a fixed date, so equal networks give equal files.
 */
public final class TorchScriptArchive {
  private static final String ROOT = "lacuna";
  private static final String ROOT_CLASS = "Lacuna";
  private static final String CODE_MODULE = "__torch__.lacuna";

  /** The archive format; with 3, operators would keep semantics from before their last change. */
  private static final String VERSION = "10\n";

  private static final LocalDateTime FIXED_DATE = LocalDateTime.of(1980, 1, 1, 0, 0);

  /** Of a hollow archive: makes its first argument, a parameter, share the second's memory. */
  public static final String ADOPT = "adopt";

  private static final String ADOPT_METHOD =
      """
        def adopt(self: SELF, parameter: Tensor, values: Tensor) -> NoneType:
          _0 = torch.set_(parameter, values)
          return None
      """;

  private TorchScriptArchive() {}

  /**
   * Lowers a program and writes it.
   *
   * @param path the file; replaced if it exists
   * @param program functions and parameters
   * @param tensors values of the parameters
   * @throws IOException if the file can't be written
   */
  public static void write(Path path, Program program, TensorSource tensors) throws IOException {
    write(path, program, tensors, LoweringOptions.plain());
  }

  /**
   * Lowers a program with options and writes it.
   *
   * @param path the file; replaced if it exists
   * @param program functions and parameters
   * @param tensors values of the parameters
   * @param options how it is lowered
   * @throws IOException if the file can't be written
   */
  public static void write(
      Path path, Program program, TensorSource tensors, LoweringOptions options)
      throws IOException {
    write(path, program, tensors, options, StoredTypes.float32(), "");
  }

  /**
   * Lowers a program for a reader that brings the trainable parameters itself: in the file each is
   * one 0 that is repeated, of the right shape, until the method {@link #ADOPT} gives it memory.
   * The others are written as ever.
   *
   * @param path the file; replaced if it exists
   * @param program functions and parameters
   * @param tensors values of the parameters that are not trainable; the others are not asked for
   * @param options how it is lowered
   * @throws IOException if the file can't be written
   */
  public static void writeHollow(
      Path path, Program program, TensorSource tensors, LoweringOptions options)
      throws IOException {
    write(path, program, tensors, options, StoredTypes.hollowed(), ADOPT_METHOD);
  }

  /**
   * Lowers a program for inference in 16 bits and writes it, with weights and biases of linear
   * layers in 16 bits too: about half the size. All else is float32.
   *
   * @param path the file; replaced if it exists
   * @param program functions and parameters
   * @param tensors values of the parameters, float32
   * @param precision the type of matrix products and of their weights
   * @throws IOException if the file can't be written
   */
  public static void writeCompact(
      Path path, Program program, TensorSource tensors, Precision precision) throws IOException {
    LoweringOptions options = new LoweringOptions(precision, TorchTarget.PORTABLE, false);
    write(path, program, tensors, options, StoredTypes.of(program, precision), "");
  }

  private static void write(
      Path path,
      Program program,
      TensorSource tensors,
      LoweringOptions options,
      StoredTypes types,
      String more)
      throws IOException {
    List<Parameter> parameters = program.parameters();
    ModuleTree root = ModuleTree.of(ROOT_CLASS, parameters);
    StringBuilder methods = new StringBuilder(more.replace("SELF", typeOf(root)));
    for (Graph function : program.functions()) {
      methods.append(MethodText.plain(function, typeOf(root), options));
      if (options.checkpointed() && CheckpointedLowering.applies(function)) {
        methods.append(CheckpointedLowering.method(function, typeOf(root), options));
      }
    }
    write(path, root, methods.toString(), parameters, tensors, types);
  }

  /**
   * The method that runs a function and its backward pass with few activations kept; see {@link
   * LoweringOptions#checkpointed}.
   *
   * @param function the function's name
   */
  public static String checkpointed(String function) {
    return function + CheckpointedLowering.SUFFIX;
  }

  /**
   * True when a function has parts that can be computed again: its first result is a scalar that
   * depends on trainable parameters through at least one residual sum.
   *
   * @param function the function
   */
  public static boolean isCheckpointable(Graph function) {
    return CheckpointedLowering.applies(function);
  }

  /**
   * Writes an archive without parameters, whose methods are given as TorchScript.
   *
   * @param path the file; replaced if it exists
   * @param methods method definitions, indented by two spaces, taking {@code self: SELF}
   * @throws IOException if the file can't be written
   */
  public static void writeMethods(Path path, String methods) throws IOException {
    ModuleTree root = ModuleTree.of(ROOT_CLASS, List.of());
    write(
        path,
        root,
        methods.replace("SELF", typeOf(root)),
        List.of(),
        p -> ByteBuffer.allocate(0),
        StoredTypes.float32());
  }

  private static void write(
      Path path,
      ModuleTree root,
      String methods,
      List<Parameter> parameters,
      TensorSource tensors,
      StoredTypes types)
      throws IOException {
    StringBuilder code = new StringBuilder();
    classDefinition(code, root, methods);
    try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(path));
        ZipOutputStream zip = new ZipOutputStream(file)) {
      entry(zip, "data.pkl", ByteBuffer.wrap(pickle(root, parameters, types)));
      entry(zip, "code/__torch__/lacuna.py", utf8(code.toString()));
      for (int key = 0; key < parameters.size(); key++) {
        Parameter parameter = parameters.get(key);
        entry(zip, "data/" + key, types.stored(parameter, tensors));
      }
      byte[] constants = new PickleWriter().emptyTuple().stop();
      entry(zip, "constants.pkl", ByteBuffer.wrap(constants));
      entry(zip, "byteorder", utf8("little"));
      entry(zip, "version", utf8(VERSION));
    }
  }

  /**
   * The values of a parameter, as many as its shape says.
   *
   * @param parameter which
   * @param tensors where they come from
   * @throws IllegalArgumentException if they are more or fewer
   */
  public static ByteBuffer checked(Parameter parameter, TensorSource tensors) {
    ByteBuffer bytes = tensors.bytes(parameter).duplicate();
    long expected = parameter.shape().numel() * Float.BYTES;
    if (bytes.remaining() != expected) {
      throw new IllegalArgumentException(
          parameter.name() + ": expected " + expected + " bytes, found " + bytes.remaining());
    }
    return bytes;
  }

  private static String typeOf(ModuleTree module) {
    return CODE_MODULE + "." + module.className();
  }

  private static void classDefinition(StringBuilder code, ModuleTree module, String methods) {
    code.append("class ").append(module.className()).append("(Module):\n");
    names(code, "__parameters__", module, true);
    names(code, "__buffers__", module, false);
    annotation(code, "training", "bool");
    module.parameters().keySet().forEach(name -> annotation(code, name, "Tensor"));
    module.children().forEach((name, child) -> annotation(code, name, typeOf(child)));
    code.append(methods);
    module.children().values().forEach(child -> classDefinition(code, child, ""));
  }

  private static void names(StringBuilder code, String list, ModuleTree module, boolean trainable) {
    code.append("  ").append(list).append(" = [");
    module
        .parameters()
        .forEach(
            (name, parameter) -> {
              if (parameter.trainable() == trainable) {
                code.append('"').append(name).append("\", ");
              }
            });
    code.append("]\n");
  }

  private static void annotation(StringBuilder code, String name, String type) {
    boolean number = Character.isDigit(name.charAt(0));
    code.append(number ? "  __annotations__[\"" + name + "\"] = " : "  " + name + " : ");
    code.append(type).append('\n');
  }

  private static byte[] pickle(ModuleTree root, List<Parameter> parameters, StoredTypes types) {
    PickleWriter pickle = new PickleWriter();
    module(pickle, root, parameters, types);
    return pickle.stop();
  }

  private static void module(
      PickleWriter pickle, ModuleTree module, List<Parameter> parameters, StoredTypes types) {
    pickle.global(CODE_MODULE, module.className()).emptyTuple().newObject().emptyDict().mark();
    pickle.string("training").bool(false);
    module
        .parameters()
        .forEach(
            (name, parameter) -> {
              pickle.string(name);
              tensor(pickle, parameter, parameters.indexOf(parameter), types);
            });
    module
        .children()
        .forEach(
            (name, child) -> {
              pickle.string(name);
              module(pickle, child, parameters, types);
            });
    pickle.setItems().build();
  }

  /** torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks). */
  private static void tensor(PickleWriter pickle, Parameter parameter, int key, StoredTypes types) {
    List<Long> dims = parameter.shape().dims();
    pickle.global("torch._utils", "_rebuild_tensor_v2").mark();
    pickle
        .mark()
        .string("storage")
        .global("torch", types.storage(parameter))
        .string(Integer.toString(key));
    boolean hollow = types.isHollow(parameter);
    pickle.string("cpu").integer(hollow ? 1 : parameter.shape().numel()).tuple().persistentId();
    pickle.integer(0).mark();
    dims.forEach(pickle::integer);
    pickle.tuple().mark();
    for (int axis = 0; axis < dims.size(); axis++) {
      long stride = dims.subList(axis + 1, dims.size()).stream().reduce(1L, (a, b) -> a * b);
      pickle.integer(hollow ? 0 : stride);
    }
    pickle.tuple().bool(parameter.trainable());
    pickle.global("collections", "OrderedDict").emptyTuple().reduce().tuple().reduce();
  }

  private static void entry(ZipOutputStream zip, String name, ByteBuffer content)
      throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content.duplicate());
    ZipEntry entry = new ZipEntry(ROOT + "/" + name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.remaining());
    entry.setCrc(crc.getValue());
    entry.setTimeLocal(FIXED_DATE);
    zip.putNextEntry(entry);
    byte[] chunk = new byte[1 << 16];
    ByteBuffer rest = content.duplicate();
    while (rest.hasRemaining()) {
      int count = Math.min(chunk.length, rest.remaining());
      rest.get(chunk, 0, count);
      zip.write(chunk, 0, count);
    }
    zip.closeEntry();
  }

  private static ByteBuffer utf8(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }
}
