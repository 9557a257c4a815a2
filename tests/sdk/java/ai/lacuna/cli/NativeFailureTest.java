package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.Determinism;
import ai.lacuna.engine.TorchModule;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NativeFailureTest {
  /** In CUDACachingAllocator.cpp's words, as libtorch's interpreter hands them on. */
  private static final String CUDA =
      """
      The following operation failed in the TorchScript interpreter.
      Traceback of TorchScript, serialized code (most recent call last):
        File "code/__torch__/lacuna.py", line 31, in loss
          v7 = torch.gelu(v6)
               ~~~~~~~~~~ <--- HERE
      RuntimeError: CUDA out of memory. Tried to allocate 2.50 GiB. GPU 1 has a total capacity of \
      79.10 GiB of which 11.94 MiB is free. Process 7 has 79.08 GiB memory in use. Of the allocated \
      memory 75.00 GiB is allocated by PyTorch.
      """;

  private static final String SMALLER =
      "; take a smaller batch (--batch-size; in training also --accumulate or"
          + " --checkpoint-activations)";

  private static final String METHODS =
      """
        def wide(self: SELF, x: Tensor) -> Tensor:
          return torch.repeat(x, [35184372088832, 1])
        def put(self: SELF, x: Tensor) -> Tensor:
          return torch.put(x, torch.zeros([1], dtype=4), torch.zeros([1]))
      """;

  private static String report(Throwable failure, int code) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    assertEquals(code, Failures.report(failure, false, err));
    String text = bytes.toString(StandardCharsets.UTF_8);
    assertEquals(1, text.lines().count(), text);
    return text;
  }

  private static EngineException failure(String function) {
    try (TorchModule module = TorchModule.loadMethods(METHODS, Device.cpu());
        NDManager manager = module.newManager()) {
      NDArray one = manager.ones(new Shape(1));
      return assertThrows(EngineException.class, () -> module.run(function, one));
    }
  }

  @Test
  void aFullGpuIsOneLineWithTheNextStep() {
    EngineException full = new EngineException(CUDA);
    String expected =
        "lacuna: out of memory on cuda:1: 2.50 GiB wanted, 11.94 MiB of its 79.10 GiB free"
            + SMALLER
            + ", or see in nvidia-smi what else fills the GPU (--debug shows where)";
    assertEquals(expected, report(full, 1).strip());
    // As a replica's failure is handed on.
    assertEquals(expected, report(new IllegalStateException("replica: " + full, full), 1).strip());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA error: out of memory; CUDA kernel errors might be asynchronously reported",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "Error code - ORT_FAIL - message: CUDA failure 2: out of memory ; GPU=0"
      })
  void soIsWhatCudaAndItsLibrariesSay(String message) {
    String line = report(new EngineException(message), 1);
    assertTrue(line.startsWith("lacuna: out of memory" + SMALLER + ", or see in nvidia"), line);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CUDA error: no kernel image is available for execution on the device|this libtorch has no",
        "The NVIDIA driver on your system is too old (found version 11040).|NVIDIA's driver is old",
        "CUDA driver version is insufficient for CUDA runtime version|NVIDIA's driver is older",
        "CUDA error: all CUDA-capable devices are busy or unavailable|another process keeps it"
      })
  void aGpuThatDoesNotComputeLeavesTheCpu(String message, String expected) {
    String line = report(new EngineException(message), 1);
    assertTrue(line.startsWith("lacuna: the GPU cannot be used: " + expected), line);
    assertTrue(line.contains("--device cpu"), line);
  }

  /** More than the addresses that a process has, so that no machine can give it. */
  @Test
  void whatTheMachineDoesNotGiveIsOneLineToo() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      EngineException outside =
          assertThrows(EngineException.class, () -> manager.create(new Shape(1L << 45)));
      String line = report(outside, 1);
      assertTrue(
          line.startsWith("lacuna: out of memory: 134,217,728.0 MiB wanted" + SMALLER), line);
    }
    assertEquals(
        "out of memory: 134,217,728.0 MiB wanted" + SMALLER,
        NativeFailure.of(failure("wide")).map(NativeFailure::line).orElse(""));
  }

  @Test
  void onnxRuntimesArenaIsMeantToo() {
    String line =
        report(
            new IllegalStateException(
                "encoder.onnx: bfc_arena.cc:376 Failed to allocate memory for requested buffer of"
                    + " size 1610612736"),
            1);
    assertTrue(line.startsWith("lacuna: out of memory: 1,536.0 MiB wanted" + SMALLER), line);
  }

  @Test
  void anOperationThatIsNotDeterministicNamesTheOption() {
    boolean before = Determinism.isOn();
    Determinism.set(true);
    try {
      String line = report(failure("put"), 2);
      assertTrue(line.startsWith("lacuna: --deterministic: expected deterministic"), line);
      assertTrue(line.contains("found put_, which has no"), line);
    } finally {
      Determinism.set(before);
    }
  }

  @Test
  void othersStayAsTheyAre() {
    assertEquals(Optional.empty(), NativeFailure.of(new IllegalArgumentException("memory: 3")));
    assertFalse(report(new EngineException("no such operator"), 1).contains("out of memory"));
  }
}
