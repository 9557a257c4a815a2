package ai.lacuna.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fixture is made by fixtures/weights/make_safetensors.py with the reference package. */
class SafetensorsFixtureTest {
  private static final Map<String, String> METADATA =
      Map.of("format", "np", "note", "Lücke \"quoted\" ☃");

  private final Path folder;

  SafetensorsFixtureTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static byte[] fixture() throws IOException {
    try (InputStream stream =
        SafetensorsFixtureTest.class.getResourceAsStream("/fixtures/weights/mixed.safetensors")) {
      return Objects.requireNonNull(stream).readAllBytes();
    }
  }

  private static void assertIsFixture(NamedTensors tensors) {
    assertEquals(
        Set.of("blocks.0.weight", "half", "wide", "steps", "bytes", "flags", "none"),
        Set.copyOf(tensors.names()));
    Tensor weight = tensors.require("blocks.0.weight");
    assertEquals("F32 [2, 3]", weight.toString());
    assertArrayEquals(new float[] {-2.5f, -1.5f, -.5f, .5f, 1.5f, 2.5f}, weight.toFloats());
    assertEquals("F16 [4]", tensors.require("half").toString());
    assertArrayEquals(
        new float[] {1.5f, -.25f, 65504, 0x1p-24f}, tensors.require("half").toFloats());
    assertEquals("F64 [2, 1]", tensors.require("wide").toString());
    assertArrayEquals(new float[] {1f / 3f, -2e30f}, tensors.require("wide").toFloats());
    assertEquals("I64 []", tensors.require("steps").toString());
    assertEquals(-7, tensors.require("steps").bytes().getLong());
    assertEquals("U8 [3]", tensors.require("bytes").toString());
    assertEquals((byte) 255, tensors.require("bytes").bytes().get(2));
    assertEquals("BOOL [3]", tensors.require("flags").toString());
    assertEquals("F32 [0, 4]", tensors.require("none").toString());
  }

  @Test
  void opensAFileOfThePythonPackage() throws IOException {
    Path file = Files.write(folder.resolve("mixed.safetensors"), fixture());

    assertIsFixture(Safetensors.read(file));
    assertEquals(METADATA, Safetensors.metadata(file));
  }

  @Test
  void opensTheSameFileFromMemory() throws IOException {
    assertIsFixture(Safetensors.read(fixture(), "fixture"));
    assertEquals(METADATA, Safetensors.metadata(fixture(), "fixture"));
  }

  @Test
  void writesWhatItReadsAndAlignsEveryTensor() throws IOException {
    NamedTensors tensors = Safetensors.read(fixture(), "fixture");
    Path file = folder.resolve("written.safetensors");
    Safetensors.write(file, tensors, METADATA);

    byte[] written = Files.readAllBytes(file);
    assertIsFixture(Safetensors.read(file));
    assertEquals(tensors.names(), Safetensors.read(file).names());
    assertEquals(tensors.sha256(), Safetensors.read(written, "written").sha256());
    assertEquals(METADATA, Safetensors.metadata(file));
    int header = (written[0] & 0xff) | (written[1] & 0xff) << 8;
    assertEquals(0, header % 8);
    SafetensorsHeader parsed =
        SafetensorsHeader.parse(
            java.util.Arrays.copyOfRange(written, 8, 8 + header),
            written.length - 8 - header,
            "written");
    for (SafetensorsHeader.Slot slot : parsed.tensors()) {
      assertEquals(0, slot.begin() % slot.type().bytes(), slot.name());
    }
  }

  @Test
  void writesTheSameBytesForTheSameTensors() throws IOException {
    NamedTensors tensors = Safetensors.read(fixture(), "fixture");
    Path first = folder.resolve("first.safetensors");
    Path second = folder.resolve("second.safetensors");
    Safetensors.write(first, tensors, METADATA);
    Safetensors.write(second, Safetensors.read(first), METADATA);

    assertEquals(-1, Files.mismatch(first, second));
  }

  @Test
  void replacesAFileThatIsStillMapped() throws IOException {
    Path file = folder.resolve("same.safetensors");
    Safetensors.write(
        file, NamedTensors.builder().add("a", Tensor.of(new float[] {1}, 1)).build(), Map.of());
    NamedTensors mapped = Safetensors.read(file);
    Safetensors.write(
        file, NamedTensors.builder().add("a", Tensor.of(new float[] {2}, 1)).build(), Map.of());

    assertEquals(1, mapped.require("a").toFloats()[0]);
    assertEquals(2, Safetensors.read(file).require("a").toFloats()[0]);
    try (var files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void keepsAnEmptySet() throws IOException {
    Path file = folder.resolve("empty.safetensors");
    Safetensors.write(file, NamedTensors.empty(), Map.of());

    assertEquals(0, Safetensors.read(file).size());
    assertTrue(Safetensors.metadata(file).isEmpty());
  }
}
