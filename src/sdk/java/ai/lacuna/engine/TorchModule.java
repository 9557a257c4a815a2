package ai.lacuna.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import ai.lacuna.graph.Precision;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.torchscript.LoweringOptions;
import ai.lacuna.graph.torchscript.TensorSource;
import ai.lacuna.graph.torchscript.TorchScriptArchive;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * A TorchScript archive in native memory: a program that runs, and can be trained.
 *
 * <p>Inference is safe from several threads, each with inputs of its own manager. Training is for
 * one thread at a time. Closing twice does nothing.
 */
public final class TorchModule implements AutoCloseable {
  private static final String[] NONE = {};

  private final PtNDManager manager;
  private final PtSymbolBlock block;

  private TorchModule(PtNDManager manager, PtSymbolBlock block) {
    this.manager = manager;
    this.block = block;
  }

  /**
   * Lowers a program and loads it.
   *
   * @param program functions and parameters
   * @param tensors values of the parameters
   * @param device where it runs
   * @param trainable whether trainable parameters want gradients
   * @throws UncheckedIOException if the temporary archive can't be written
   */
  public static TorchModule load(
      Program program, TensorSource tensors, Device device, boolean trainable) {
    return load(program, tensors, device, LoweringOptions.plain(), trainable);
  }

  /**
   * Lowers a program and loads it for training.
   *
   * @param program functions and parameters
   * @param tensors values of the parameters
   * @param device where it runs
   * @param precision the type of matrix products; parameters and results are float32
   * @param checkpointed whether {@link #runCheckpointed} will be called
   * @throws UncheckedIOException if the temporary archive can't be written
   */
  public static TorchModule loadTrainable(
      Program program,
      TensorSource tensors,
      Device device,
      Precision precision,
      boolean checkpointed) {
    LoweringOptions options =
        new LoweringOptions(precision, TrainingTarget.of(device), checkpointed);
    return load(program, tensors, device, options, true);
  }

  /**
   * Loads functions without parameters as {@link #loadTrainable} lowers them.
   *
   * @param program functions that take all that they need as inputs
   * @param device where it runs
   * @param precision the type of matrix products; inputs and results are float32
   * @throws UncheckedIOException if the temporary archive can't be written
   */
  public static TorchModule loadFunctions(Program program, Device device, Precision precision) {
    TensorSource none =
        parameter -> {
          throw new IllegalArgumentException(
              "functions: expected no parameters, found " + parameter.name());
        };
    return loadTrainable(program, none, device, precision, false);
  }

  /** The values go straight to native memory, not through the archive and the disk. */
  private static TorchModule load(
      Program program,
      TensorSource tensors,
      Device device,
      LoweringOptions options,
      boolean trainable) {
    // libtorch lets nobody change tensors that it loaded for inference: they are frozen after.
    TorchModule module =
        loadTemporary(
            archive -> TorchScriptArchive.writeHollow(archive, program, tensors, options),
            device,
            true);
    try {
      ParameterMemory.fill(module, program.parameters(), tensors);
      if (!trainable) {
        module.freeze();
      }
      return module;
    } catch (RuntimeException e) {
      module.close();
      throw e;
    }
  }

  /**
   * Loads methods without parameters, given as TorchScript.
   *
   * @param methods method definitions, as {@link TorchScriptArchive#writeMethods} takes them
   * @param device where they run
   * @throws UncheckedIOException if the temporary archive can't be written
   */
  public static TorchModule loadMethods(String methods, Device device) {
    return loadTemporary(
        archive -> TorchScriptArchive.writeMethods(archive, methods), device, false);
  }

  @FunctionalInterface
  private interface ArchiveWriter {
    void write(Path archive) throws IOException;
  }

  private static TorchModule loadTemporary(ArchiveWriter writer, Device device, boolean trainable) {
    try {
      Path archive = Files.createTempFile("lacuna-", ".pt");
      try {
        writer.write(archive);
        return load(archive, device, trainable);
      } finally {
        Files.deleteIfExists(archive);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "temporary archive in %s: can't be written (%s); make room there, or set java.io.tmpdir"
              .formatted(System.getProperty("java.io.tmpdir"), e.getMessage()),
          e);
    }
  }

  /**
   * Loads an archive. The file is no longer needed afterwards.
   *
   * @param archive a TorchScript archive
   * @param device where it runs
   * @param trainable whether its parameters want gradients
   * @throws IllegalArgumentException if libtorch does not see that device
   */
  public static TorchModule load(Path archive, Device device, boolean trainable) {
    Devices.requireSeen(device);
    PtNDManager manager = (PtNDManager) NDManager.newBaseManager(device, Devices.ENGINE);
    try {
      PtSymbolBlock block = JniUtils.loadModule(manager, archive, true, NONE, NONE, trainable);
      return new TorchModule(manager, block);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** The device that it runs on. */
  public Device device() {
    return manager.getDevice();
  }

  /** A new manager on the module's device; the caller closes it. */
  public NDManager newManager() {
    return manager.newSubManager();
  }

  /** How many arrays live under the module's manager, children included. */
  public int managedArrays() {
    return manager.getManagedArrays().size();
  }

  /**
   * The parameters, named, that are trained; buffers are not among them. They live as long as the
   * module.
   */
  public List<NDArray> parameters() {
    return List.copyOf(JniUtils.moduleGetParams(block, manager));
  }

  /** Makes its parameters want no gradients, whatever the archive says. */
  public void freeze() {
    for (NDArray parameter : parameters()) {
      JniUtils.attachGradient((PtNDArray) parameter, false);
    }
  }

  /**
   * Runs a function without building gradients.
   *
   * @param function its name
   * @param inputs its arguments in order, at least one
   * @return its results, owned by the manager of the first argument
   */
  public NDList run(String function, NDArray... inputs) {
    // DJL switches the executor for each thread; the optimizing one is no faster here, takes more
    // memory and has slow first calls.
    JniUtils.setGraphExecutorOptimize(false);
    return call(function, false, inputs);
  }

  /**
   * Runs a function whose first result is a scalar, and adds the scalar's gradients to those of the
   * parameters, with few activations kept: each part of the network runs twice.
   *
   * @param function its name
   * @param gradient the gradient of the scalar, by which all others are multiplied
   * @param inputs its arguments in order, at least one
   * @return its results, owned by the manager of the first argument
   */
  public NDList runCheckpointed(String function, double gradient, NDArray... inputs) {
    try (NDManager scope = inputs[0].getManager().newSubManager()) {
      NDArray[] arguments = Arrays.copyOf(inputs, inputs.length + 1);
      arguments[inputs.length] = scalar(scope, gradient);
      return runRecorded(TorchScriptArchive.checkpointed(function), arguments);
    }
  }

  /**
   * Runs a function and records what {@link #backward} needs.
   *
   * @param function its name
   * @param inputs its arguments in order, at least one
   * @return its results, owned by the manager of the first argument
   */
  public NDList runRecorded(String function, NDArray... inputs) {
    JniUtils.setGraphExecutorOptimize(false);
    return recorded(() -> call(function, true, inputs));
  }

  /**
   * Computes something while operations on arrays are recorded for {@link #backward}.
   *
   * @param work what to compute
   * @return its result
   */
  public static <T> T recorded(Supplier<T> work) {
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(true);
    try {
      return work.get();
    } finally {
      JniUtils.setGradMode(before);
    }
  }

  private NDList call(String function, boolean recorded, NDArray... inputs) {
    PtNDManager owner = (PtNDManager) inputs[0].getManager();
    // On the host: it carries a name alone, and a copy to a GPU waits for what the GPU has to do.
    try (NDManager names = owner.newSubManager(Device.cpu())) {
      NDList arguments = new NDList(inputs);
      NDArray method = names.create(0f);
      method.setName("module_method:" + function);
      arguments.add(method);
      return IValueUtils.forward(block, arguments, recorded);
    }
  }

  /**
   * Adds the gradients of a recorded scalar to those of the parameters.
   *
   * @param loss a scalar from {@link #runRecorded}
   * @param gradient the gradient of the scalar, by which all others are multiplied
   */
  public static void backward(NDArray loss, double gradient) {
    try (NDArray scale = scalar(loss.getManager(), gradient)) {
      JniUtils.backward((PtNDArray) loss, (PtNDArray) scale, false, false);
    }
  }

  /** Filled on the device: a copy to a GPU would wait there for the end of the forward pass. */
  private static NDArray scalar(NDManager manager, double value) {
    return manager.full(new Shape(), (float) value);
  }

  /**
   * Runs a function on native values, without gradients: lists of tensors and plain numbers too.
   *
   * @param function its name
   * @param arguments its arguments in order; the caller closes them
   * @return its result; the caller closes it
   */
  public IValue run(String function, IValue... arguments) {
    JniUtils.setGraphExecutorOptimize(false);
    return IValueUtils.runMethod(block, function, arguments);
  }

  @Override
  public void close() {
    if (manager.isOpen()) {
      block.close();
      manager.close();
    }
  }
}
