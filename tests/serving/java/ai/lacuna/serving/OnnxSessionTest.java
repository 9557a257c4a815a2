package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OnnxSessionTest {

  @ParameterizedTest
  @CsvSource({
    "CUDA failure 2: out of memory ; GPU=0 ; hostname=a, Its memory is full",
    "Failed to allocate memory for requested buffer of size 4096, Its memory is full",
    "CUDA failure 101: invalid device ordinal ; GPU=0 ; hostname=a, Choose one of the GPUs",
    "Failed to find CUDA shared provider, Put onnxruntime_gpu in place of onnxruntime"
  })
  void saysWhatMakesTheGpuUsable(String found, String step) {
    assertTrue(OnnxSession.nextStep(found).startsWith(step), OnnxSession.nextStep(found));
  }

  @Test
  void saysWhatFailedInOneLine() {
    assertTrue(
        OnnxSession.oneLine(new OrtException("no library\n  libcublasLt.so.12 \n"))
            .endsWith("no library libcublasLt.so.12"));
  }
}
