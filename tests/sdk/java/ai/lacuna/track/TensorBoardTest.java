package ai.lacuna.track;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Pixels;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardTest {
  private static final double TIME = 1234567890.25;

  private final Path directory;

  TensorBoardTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private byte[] onlyFile() throws IOException {
    try (var files = Files.list(directory)) {
      List<Path> all = files.toList();
      assertEquals(1, all.size());
      assertTrue(all.get(0).getFileName().toString().startsWith("events.out.tfevents."));
      return Files.readAllBytes(all.get(0));
    }
  }

  @Test
  void aFileThatCannotBeBegunIsClosed() throws IOException {
    Path file = Files.createFile(directory.resolve("read-only"));
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    assertThrows(
        NonWritableChannelException.class,
        () -> TensorBoard.begin(file, () -> TIME, channel, 0, false).close());
    assertFalse(channel.isOpen());
  }

  /** The fields of a message by number; nested messages as bytes. */
  private static Map<Integer, byte[]> fields(byte[] message) throws IOException {
    Map<Integer, byte[]> fields = new LinkedHashMap<>();
    CodedInputStream in = CodedInputStream.newInstance(message);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int number = WireFormat.getTagFieldNumber(tag);
      switch (WireFormat.getTagWireType(tag)) {
        case WireFormat.WIRETYPE_LENGTH_DELIMITED -> fields.put(number, in.readByteArray());
        case WireFormat.WIRETYPE_VARINT ->
            fields.put(number, ByteBuffer.allocate(8).putLong(in.readInt64()).array());
        default -> in.skipField(tag);
      }
    }
    return fields;
  }

  private static byte[] field(Map<Integer, byte[]> fields, int number) {
    return Objects.requireNonNull(fields.get(number), () -> "no field " + number);
  }

  private static List<byte[]> events(byte[] file) {
    List<byte[]> events = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      byte[] event = new byte[Math.toIntExact(in.getLong())];
      in.getInt();
      in.get(event).getInt();
      events.add(event);
    }
    return events;
  }

  @Test
  void writesTheBytesOfTensorBoardsOwnWriter() throws IOException {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("train/loss", 0.75);
    figures.put("nothing", Double.NaN);
    figures.put("größe", -1e-8);
    // TensorBoard forgets all from the step of SessionLog.START on, 70 there; that of 69 it keeps.
    try (TensorBoard board = TensorBoard.open(directory, 69, () -> TIME)) {
      board.figures(300, figures);
    }
    try (InputStream expected =
        TensorBoardTest.class.getResourceAsStream("/fixtures/track/resumed.tfevents")) {
      assertTrue(expected != null);
      assertArrayEquals(expected.readAllBytes(), onlyFile());
    }
  }

  @Test
  void aRunThatBeginsForgetsNothing() throws IOException {
    TensorBoard.open(directory, 0).close();
    List<byte[]> events = events(onlyFile());
    assertEquals(1, events.size());
    assertEquals(
        "brain.Event:2", new String(field(fields(events.get(0)), 3), StandardCharsets.UTF_8));
  }

  /** A run that was killed before its first checkpoint starts again at step 0. */
  @Test
  void aRunThatBeginsAgainForgetsItsFirstAttempt() throws IOException {
    try (TensorBoard board = TensorBoard.open(directory, 0)) {
      board.figures(10, Map.of("loss", 1.0));
    }
    List<Path> first;
    try (var files = Files.list(directory)) {
      first = files.toList();
    }
    TensorBoard.open(directory, 0).close();
    Path second;
    try (var files = Files.list(directory)) {
      second = files.filter(file -> !first.contains(file)).findFirst().orElseThrow();
    }
    List<byte[]> events = events(Files.readAllBytes(second));
    assertEquals(2, events.size());
    Map<Integer, byte[]> start = fields(events.get(1));
    assertEquals(1, ByteBuffer.wrap(field(start, 2)).getLong(), "all steps from the first one on");
    assertEquals(1, ByteBuffer.wrap(field(fields(field(start, 7)), 1)).getLong(), "START");
  }

  @Test
  void keepsPicturesAsPng() throws IOException {
    byte[] data = {0, 50, 100, (byte) 150, (byte) 200, (byte) 250};
    try (TensorBoard board = TensorBoard.open(directory, 0)) {
      board.picture(9, "pictures", Pixels.of(1, 2, 3, data));
    }
    Map<Integer, byte[]> event = fields(events(onlyFile()).get(1));
    assertEquals(9, ByteBuffer.wrap(field(event, 2)).getLong());
    Map<Integer, byte[]> value = fields(field(fields(field(event, 5)), 1));
    assertEquals("pictures", new String(field(value, 1), StandardCharsets.UTF_8));
    Map<Integer, byte[]> image = fields(field(value, 4));
    assertEquals(1, ByteBuffer.wrap(field(image, 1)).getLong());
    assertEquals(2, ByteBuffer.wrap(field(image, 2)).getLong());
    assertEquals(3, ByteBuffer.wrap(field(image, 3)).getLong());
    Pixels read = Pixels.read(new ByteArrayInputStream(field(image, 4)), "picture");
    assertArrayEquals(data, read.data());
  }
}
