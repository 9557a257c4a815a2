package ai.lacuna.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.torchscript.LoweringOptions;
import ai.lacuna.graph.torchscript.TorchScriptArchive;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parameters that go from a mapped file straight to native memory. */
class ParameterMemoryTest {
  private static final int SIDE = 8;
  private static final Program PROGRAM =
      new VisionTransformer(
              new VitConfig(SIDE, SIDE, 1, 4, 16, 2, 2, 2, VitConfig.Positions.SIN_COS),
              new Normalization(List.of(0.5), List.of(0.25)))
          .program();

  private final Path folder;

  ParameterMemoryTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path weights() throws IOException {
    Path file = folder.resolve("weights.safetensors");
    Safetensors.write(file, Weights.initial(PROGRAM, 7), Map.of());
    return file;
  }

  private static float[] tokens(TorchModule module) {
    byte[] ramp = new byte[SIDE * SIDE];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = (byte) (3 * i);
    }
    try (NDManager manager = module.newManager()) {
      NDArray images =
          manager.create(ByteBuffer.wrap(ramp), new Shape(1, SIDE, SIDE, 1), DataType.UINT8);
      return module.run("forward", images).get(0).toFloatArray();
    }
  }

  @Test
  void computesWhatAnArchiveWithTheValuesComputes() throws IOException {
    NamedTensors tensors = Safetensors.read(weights());
    Path archive = folder.resolve("whole.pt");
    TorchScriptArchive.write(archive, PROGRAM, Weights.source(tensors));
    try (TorchModule whole = TorchModule.load(archive, Device.cpu(), false);
        TorchModule straight =
            TorchModule.load(PROGRAM, Weights.source(tensors), Device.cpu(), false)) {
      assertArrayEquals(tokens(whole), tokens(straight));
    }
  }

  @Test
  void theArchiveItselfHoldsNoValues() throws IOException {
    Path hollow = folder.resolve("hollow.pt");
    Program large =
        new VisionTransformer(
                VitConfig.base16(), new Normalization(List.of(0.5, 0.5, 0.5), List.of(1., 1., 1.)))
            .program();
    TorchScriptArchive.writeHollow(
        hollow,
        large,
        parameter -> ByteBuffer.allocate((int) (Float.BYTES * parameter.shape().numel())),
        LoweringOptions.plain());
    // 86 million parameters; the fixed positions, 197 x 768 float32, are a buffer.
    assertTrue(Files.size(hollow) < 2_000_000, Files.size(hollow) + " bytes");
  }

  @Test
  void theFileMayChangeAfterwards() throws IOException {
    Path file = weights();
    try (TorchModule module =
        TorchModule.load(PROGRAM, Weights.source(Safetensors.read(file)), Device.cpu(), false)) {
      float[] before = tokens(module);
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.allocate((int) Files.size(file)));
      }
      assertArrayEquals(before, tokens(module));
    }
  }

  @Test
  void onlyWhatIsTrainedWantsGradients() throws IOException {
    NamedTensors tensors = Safetensors.read(weights());
    for (boolean trainable : new boolean[] {false, true}) {
      try (TorchModule module =
          TorchModule.load(PROGRAM, Weights.source(tensors), Device.cpu(), trainable)) {
        List<NDArray> parameters = module.parameters();
        assertEquals(
            PROGRAM.parameters().stream().filter(p -> p.trainable()).count(), parameters.size());
        for (NDArray parameter : parameters) {
          assertEquals(trainable, parameter.hasGradient(), parameter.getName());
          assertArrayEquals(
              tensors.require(parameter.getName()).toFloats(),
              parameter.toFloatArray(),
              parameter.getName());
        }
      }
    }
  }

  @Test
  void missingValuesAreRefused() throws IOException {
    NamedTensors some = Safetensors.read(weights()).only(name -> !name.equals("norm.bias"));
    WeightsException refusal =
        assertThrows(
            WeightsException.class,
            () -> TorchModule.load(PROGRAM, Weights.source(some), Device.cpu(), false));
    assertTrue(String.valueOf(refusal.getMessage()).startsWith("norm.bias"), refusal::toString);
  }
}
