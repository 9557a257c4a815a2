package ai.lacuna.weights;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Weights are read, or refused in words. */
class WeightsFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void safetensors(byte[] file) {
    try {
      Safetensors.read(file, "input").forEach(entry -> entry.tensor().bytes());
    } catch (WeightsException refused) {
      requireWords(refused);
    }
  }

  /** The opcodes alone, without an archive around them. */
  @FuzzTest(maxDuration = "2m")
  void pickle(byte[] program) {
    try {
      Pickle.read(ByteBuffer.wrap(program), new PickleGlobals(true, "input"), "input");
    } catch (WeightsException refused) {
      requireWords(refused);
    }
  }

  /** Both layouts of torch.save. */
  @FuzzTest(maxDuration = "2m")
  void checkpoint(byte[] content) throws IOException {
    Path file = Files.createTempFile("fuzz-", ".pth");
    try {
      Files.write(file, content);
      TorchCheckpoint.read(file, true).tensors().forEach(entry -> entry.tensor().bytes());
    } catch (WeightsException refused) {
      requireWords(refused);
    } finally {
      Files.delete(file);
    }
  }

  private static void requireWords(WeightsException refused) {
    String message = String.valueOf(refused.getMessage());
    if (!message.contains("expected") || message.length() > 4_000) {
      throw new AssertionError("no message for people: " + message, refused);
    }
  }
}
