package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExternalDataTest {
  private static final int GRAPH = 7;
  private static final int INITIALIZER = 5;
  private static final int EXTERNAL_DATA = 13;

  private final Path file;

  ExternalDataTest(@TempDir Path folder) {
    this.file = folder.resolve("model.onnx");
  }

  private static byte[] varint(long value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long rest = value;
    for (; (rest & ~0x7fL) != 0; rest >>>= 7) {
      out.write((int) (rest & 0x7f) | 0x80);
    }
    out.write((int) rest);
    return out.toByteArray();
  }

  private static byte[] bytes(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** A field with a length: a message, a string, packed numbers. */
  private static byte[] field(int number, byte[]... content) {
    byte[] all = bytes(content);
    return bytes(varint(number << 3 | 2), varint(all.length), all);
  }

  private static byte[] text(int number, String text) {
    return field(number, text.getBytes(StandardCharsets.UTF_8));
  }

  /** A tensor in a file, as the fields of a TensorProto. */
  private static byte[] tensorIn(String location) {
    return bytes(
        varint(1 << 3),
        varint(4),
        text(8, "weight"),
        field(EXTERNAL_DATA, text(1, "location"), text(2, location)),
        field(EXTERNAL_DATA, text(1, "offset"), text(2, "0")),
        varint(14 << 3),
        varint(1));
  }

  private void require(byte[] model) throws IOException {
    Files.write(file, model);
    ExternalData.requireListed(file, "model.onnx", Set.of("model.onnx", "weights.bin"));
  }

  private BundleException refusal(byte[] model) {
    return assertThrows(BundleException.class, () -> require(model));
  }

  /** Where onnx.proto has tensors: the numbers of the fields from the model down. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "7 5", // an initializer
        "7 15 1", // the values of a sparse one
        "7 15 2", // its indices
        "7 1 5 5", // an attribute of a node
        "7 1 5 10",
        "7 1 5 22 1",
        "7 1 5 23 2",
        "7 1 5 6 5", // an initializer of a graph that is an attribute
        "7 1 5 11 15 1",
        "7 1 5 6 1 5 6 5", // in a loop in a loop
        "25 7 5 5", // a function's node
        "25 11 5", // a function's default of an attribute
        "20 1 5", // what training begins with
        "20 2 1 5 5"
      })
  void findsTensorsWhereverTheyAre(String path) throws IOException {
    byte[] listed = tensorIn("weights.bin");
    byte[] other = tensorIn("other.bin");
    String[] fields = path.split(" ", -1);
    for (int i = fields.length - 1; i >= 0; i--) {
      // What stands before and behind is passed over: floats, a double, an unknown message.
      byte[] before = bytes(field(100, new byte[20_000]), varint(3 << 3 | 5), new byte[4]);
      byte[] behind = bytes(varint(101 << 3 | 1), new byte[8], varint(102 << 3), varint(-1));
      listed = bytes(before, field(Integer.parseInt(fields[i]), listed), behind);
      other = bytes(before, field(Integer.parseInt(fields[i]), other), behind);
    }
    require(listed);
    BundleException e = refusal(other);
    assertEquals("some in other.bin", e.found());
    assertEquals("model.onnx", e.file());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "../weights.bin", "/etc/passwd", "./weights.bin", "*/_ORT_MEM_ADDR_/*"})
  void takesPlainNamesAlone(String location) {
    byte[] model = field(GRAPH, field(INITIALIZER, tensorIn(location)));
    assertEquals("some in " + location, refusal(model).found());
  }

  @Test
  void showsTheBeginningOfALongName() {
    byte[] model = field(GRAPH, field(INITIALIZER, tensorIn("weights.bin" + "x".repeat(1 << 20))));
    assertTrue(refusal(model).found().length() < 300);
  }

  @Test
  void otherTextsAreNoFiles() throws IOException {
    byte[] entry = bytes(text(1, "location"), text(2, "elsewhere"));
    // metadata_props of the model, of the graph, of a tensor
    require(field(14, entry));
    require(field(GRAPH, field(16, entry)));
    require(field(GRAPH, field(INITIALIZER, field(16, entry), field(9, new byte[50_000]))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          3a 05 2a 03          | a field that ends behind what it is in
          3a 02 2a 03 6a 01 0a | a field that ends behind what it is in
          3a ff ff ff ff ff ff ff ff ff 01 | a field that ends behind what it is in
          3a ff ff ff ff ff ff ff ff 7f    | a field that ends behind what it is in
          ff ff ff ff ff ff ff ff ff ff 01 | a number without an end
          08                   | a field that ends behind what it is in
          09 00                | a field that ends behind what it is in
          00 00                | no field
          ba 80 80 80 80 01 00 | no field
          3b 3c                | a field of a kind that ONNX has not
          """)
  void refusesWhatIsNoMessage(String hex, String found) {
    byte[] model = java.util.HexFormat.ofDelimiter(" ").parseHex(hex);
    assertTrue(refusal(model).found().startsWith(found), refusal(model).found());
  }

  @Test
  void refusesGraphsWithoutEndInEachOther() {
    byte[] model = new byte[0];
    for (int i = 0; i < 60; i++) {
      model = field(1, field(5, field(6, model)));
    }
    byte[] deep = field(GRAPH, model);
    assertTrue(refusal(deep).found().startsWith("messages in each other"));
  }

  /** 20 million empty nodes. */
  @Test
  void readsEachByteOnce() {
    byte[] nodes = new byte[40_000_000];
    for (int i = 0; i < nodes.length; i += 2) {
      nodes[i] = 1 << 3 | 2;
    }
    assertTimeoutPreemptively(Duration.ofSeconds(20), () -> require(field(GRAPH, nodes)));
  }
}
