package ai.lacuna.cli;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.LibUtils;
import ai.lacuna.engine.Devices;
import ai.lacuna.serving.OnnxEnvironment;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Checks of what computes: DJL's PyTorch engine, ONNX Runtime, NVIDIA's driver. */
final class EngineChecks {
  private static final String PYTORCH = "PyTorch";

  private EngineChecks() {}

  static List<Check> all() {
    List<Check> checks = new ArrayList<>();
    int gpus = pytorch(checks);
    Set<OrtProvider> providers = onnxRuntime(checks);
    checks.add(devices(gpus, providers));
    return checks;
  }

  /** Adds the engine's lines; returns the number of GPUs it sees. */
  private static int pytorch(List<Check> checks) {
    try {
      Engine engine = Engine.getEngine(PYTORCH);
      String versions = "DJL " + Engine.getDjlVersion() + ", libtorch " + LibUtils.getVersion();
      checks.add(Check.ok("engine", versions));
      checks.add(Check.ok("native library", LibUtils.getLibtorchPath()));
      checks.add(product(engine, Device.cpu()));
      int gpus = Devices.gpus();
      for (int i = 0; i < gpus; i++) {
        checks.add(product(engine, Device.gpu(i)));
      }
      return gpus;
    } catch (RuntimeException | LinkageError e) {
      checks.add(
          Check.fail(
              "engine",
              "PyTorch does not start: " + firstLine(rootCause(e)),
              "delete DJL's cache (see the line 'cache') and build again with"
                  + " 'mvn clean package'; with -Pcuda see 'NVIDIA GPU' in the README"));
      return 0;
    }
  }

  /** 1·3 + 2·4 = 11, on the device. */
  private static Check product(Engine engine, Device device) {
    String what = "tensors on " + Devices.name(device);
    try (NDManager manager = engine.newBaseManager(device)) {
      NDArray a = manager.create(new float[] {1, 2});
      NDArray b = manager.create(new float[] {3, 4});
      float product = a.dot(b).getFloat();
      return product == 11
          ? Check.ok(what, "work")
          : Check.fail(what, "1·3 + 2·4 gave " + product, "build again with 'mvn clean package'");
    } catch (RuntimeException e) {
      return Check.fail(
          what,
          NativeFailure.of(e).map(NativeFailure::line).orElse(firstLine(rootCause(e))),
          "see 'NVIDIA GPU' in the README");
    }
  }

  private static Set<OrtProvider> onnxRuntime(List<Check> checks) {
    try {
      String version = OnnxEnvironment.get().getVersion();
      Set<OrtProvider> providers = OrtEnvironment.getAvailableProviders();
      String names = providers.stream().map(OrtProvider::getName).collect(Collectors.joining(", "));
      checks.add(Check.ok("onnx runtime", version + ", " + names));
      return providers;
    } catch (RuntimeException | LinkageError e) {
      checks.add(
          Check.fail(
              "onnx runtime",
              firstLine(rootCause(e)),
              "build again with 'mvn clean package'; with -Pcuda it needs CUDA 12 and cuDNN 9"));
      return Set.of();
    }
  }

  private static Check devices(int gpus, Set<OrtProvider> providers) {
    Optional<String> driver = nvidiaSmi();
    boolean onnx = providers.contains(OrtProvider.CUDA);
    if (driver.isEmpty()) {
      return Check.ok("devices", "cpu; no NVIDIA driver");
    }
    if (gpus > 0 && onnx) {
      return Check.ok("devices", "cpu and " + gpus + " gpu: " + driver.get());
    }
    String missing =
        gpus > 0
            ? "ONNX Runtime has no CUDA"
            : onnx ? "libtorch sees no GPU" : "neither engine uses it";
    return Check.warn(
        "devices",
        driver.get() + ", but " + missing,
        "build with 'mvn -Pcuda -DskipTests package' and set PYTORCH_FLAVOR=cu128; see 'NVIDIA"
            + " GPU' in the README");
  }

  /** Name and driver of each GPU, empty without a driver. */
  private static Optional<String> nvidiaSmi() {
    try {
      Process process =
          new ProcessBuilder(
                  "nvidia-smi",
                  "--query-gpu=name,driver_version,memory.total",
                  "--format=csv,noheader")
              .redirectErrorStream(true)
              .start();
      String out =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      boolean works = process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
      return works ? Optional.of(out.replaceAll("\\R", "; ")) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static Throwable rootCause(Throwable failure) {
    Throwable cause = failure.getCause();
    return cause == null || cause == failure ? failure : rootCause(cause);
  }

  private static String firstLine(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    return failure.getClass().getSimpleName() + ": " + message.lines().findFirst().orElse("");
  }
}
