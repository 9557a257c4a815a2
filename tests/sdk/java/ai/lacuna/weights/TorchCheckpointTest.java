package ai.lacuna.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of {@code tests/fixtures/weights/torch_save.py}. */
class TorchCheckpointTest {
  private final Path folder;

  TorchCheckpointTest(@TempDir Path folder) {
    this.folder = folder;
  }

  static Path fixture(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(
                  TorchCheckpointTest.class.getResource("/fixtures/weights/" + name), name)
              .toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void assertSame(NamedTensors expected, NamedTensors found) {
    assertEquals(
        List.copyOf(expected.names()).stream().sorted().toList(),
        List.copyOf(found.names()).stream().sorted().toList());
    for (String name : expected.names()) {
      Tensor tensor = found.require(name);
      assertArrayEquals(expected.require(name).shape(), tensor.shape(), name);
      assertTrue(expected.require(name).contentEquals(tensor), name + " " + tensor);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"torch-save-zip.pth", "torch-save-stacked.pth"})
  void givesTheValuesThatPythonWrote(String name) throws IOException {
    TorchCheckpoint read = TorchCheckpoint.read(fixture(name));

    assertEquals(List.of(), read.unwrapped());
    assertSame(Safetensors.read(fixture("torch-save.safetensors")), read.tensors());
  }

  @Test
  void unwrapsATrainingCheckpointWhenAllowedTo() throws IOException {
    Path file = fixture("torch-save-training.pth");
    WeightsException refusal =
        assertThrows(WeightsException.class, () -> TorchCheckpoint.read(file));
    assertTrue(
        String.valueOf(refusal.getMessage()).contains("found the Python object argparse.Namespace"),
        refusal.getMessage());
    TorchCheckpoint read = TorchCheckpoint.read(file, true);

    assertEquals(List.of("model", "module."), read.unwrapped());
    assertSame(Safetensors.read(fixture("torch-save-model.safetensors")), read.tensors());
  }

  @Test
  void readsAStateDictWithItsMetadata() throws IOException {
    assertSame(
        Safetensors.read(fixture("torch-save-model.safetensors")),
        TorchCheckpoint.read(fixture("torch-save-model.pth")).tensors());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          torch-save-module.pth  | found the Python object torch.nn.modules
          torch-save-tensor.pth  | expected named tensors, found none
          torch-save-script.pt   | found a TorchScript archive
          torch-save.safetensors | expected a file of torch.save
          """)
  void saysWhatAnotherFileIs(String name, String message) {
    WeightsException refusal =
        assertThrows(
            WeightsException.class, () -> TorchCheckpoint.read(fixture(name.strip()), true));
    String text = String.valueOf(refusal.getMessage());
    assertTrue(text.startsWith(fixture(name.strip()).toString()) && text.contains(message), text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          version https://git-lfs.github.com/spec/v1 | a Git LFS pointer
          <!DOCTYPE html><html>                      | a web page
          ''                                         | an empty file; download it again
          weights                                    | another beginning
          """)
  void namesWhatPeopleHandOverByMistake(String content, String message) throws IOException {
    Path file = Files.writeString(folder.resolve("weights.pth"), content);
    WeightsException refusal =
        assertThrows(WeightsException.class, () -> TorchCheckpoint.read(file));
    assertTrue(String.valueOf(refusal.getMessage()).contains(message), refusal.getMessage());
  }
}
