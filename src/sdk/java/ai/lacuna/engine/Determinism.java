package ai.lacuna.engine;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/**
 * Deterministic arithmetic of libtorch, for the whole process.
 *
 * <p>When it is on, PyTorch's {@code use_deterministic_algorithms} and cuDNN's deterministic mode
 * are on and its search for the fastest kernel is off; an operation that has no deterministic form
 * then throws. DJL has no call for that: these are libtorch's own C++ functions, called by name, so
 * it works where a compiler names them as on Linux and macOS. On a CPU the last digits of sums
 * depend on the number of threads, so that is set too.
 */
public final class Determinism {
  private static final String CONTEXT = "_ZN2at13globalContextEv";
  private static final String SET = "_ZN2at7Context26setDeterministicAlgorithmsEbb";
  private static final String GET = "_ZNK2at7Context23deterministicAlgorithmsEv";
  private static final String FILL = "_ZN2at7Context39setDeterministicFillUninitializedMemoryEb";
  private static final String CUDNN = "_ZN2at7Context21setDeterministicCuDNNEb";
  private static final String SEARCH = "_ZN2at7Context17setBenchmarkCuDNNEb";

  /** cuBLAS reads it when it starts; without it its sums may differ from run to run. */
  private static final String WORKSPACE = "CUBLAS_WORKSPACE_CONFIG";

  private Determinism() {}

  /**
   * Switches it on or off.
   *
   * @param on whether arithmetic is deterministic from now on
   * @throws IllegalStateException if this system's libtorch does not have the functions
   */
  public static void set(boolean on) {
    Pointer context = context();
    byte value = (byte) (on ? 1 : 0);
    // The second one: throw, do not only warn.
    function(SET).invokeVoid(new Object[] {context, value, (byte) 0});
    // PyTorch would also fill new memory, at a cost; the networks here read none unwritten.
    function(FILL).invokeVoid(new Object[] {context, (byte) 0});
    function(CUDNN).invokeVoid(new Object[] {context, value});
    function(SEARCH).invokeVoid(new Object[] {context, (byte) 0});
  }

  /**
   * Whether libtorch says that it is on.
   *
   * @throws IllegalStateException if this system's libtorch does not have the functions
   */
  public static boolean isOn() {
    return ((byte) function(GET).invokeInt(new Object[] {context()})) != 0;
  }

  /**
   * Checks that cuBLAS was started so that its sums are deterministic.
   *
   * @throws IllegalArgumentException if the environment does not say so
   */
  public static void requireCublasWorkspace() {
    String value = System.getenv(WORKSPACE);
    if (!":4096:8".equals(value) && !":16:8".equals(value)) {
      throw new IllegalArgumentException(
          "deterministic: expected "
              + WORKSPACE
              + "=:4096:8 in the environment, found "
              + value
              + "; export it and start again");
    }
  }

  /** Threads of one operation on a CPU. */
  public static int threads() {
    Engine.getEngine(Devices.ENGINE);
    return JniUtils.getNumThreads();
  }

  /**
   * Sets the threads of one operation on a CPU.
   *
   * @param count at least 1
   */
  public static void threads(int count) {
    Engine.getEngine(Devices.ENGINE);
    JniUtils.setNumThreads(count);
  }

  private static Pointer context() {
    return function(CONTEXT).invokePointer(new Object[0]);
  }

  private static Function function(String name) {
    Engine.getEngine(Devices.ENGINE);
    String library = System.mapLibraryName("torch_cpu");
    try {
      return NativeLibrary.getInstance(LibUtils.getLibtorchPath() + "/" + library)
          .getFunction(name);
    } catch (UnsatisfiedLinkError e) {
      throw new IllegalStateException(
          "deterministic: expected the function "
              + name
              + " in "
              + library
              + ", found none; this works on Linux and macOS with libtorch 2.7.1",
          e);
    }
  }
}
