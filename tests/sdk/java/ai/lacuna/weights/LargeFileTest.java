package ai.lacuna.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files over 2 GB; sparse, so that they take no space. */
class LargeFileTest {
  private static final long GIB = 1L << 30;

  private final Path folder;

  LargeFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** Writes a file of U8 tensors a, b, c ... of these lengths, whose last byte is 42. */
  private Path sparse(long... lengths) throws IOException {
    StringBuilder header = new StringBuilder("{");
    long end = 0;
    for (int i = 0; i < lengths.length; i++) {
      header
          .append(i == 0 ? "" : ",")
          .append(
              "\"%c\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%d,%d]}"
                  .formatted('a' + i, lengths[i], end, end + lengths[i]));
      end += lengths[i];
    }
    byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("large.safetensors");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      channel.write(
          ByteBuffer.allocate(8 + json.length)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(json.length)
              .put(json)
              .flip());
      channel.write(ByteBuffer.wrap(new byte[] {42}), 8 + json.length + end - 1);
    }
    return file;
  }

  @Test
  void readsTensorsBehindTwoGigabytes() throws IOException {
    NamedTensors tensors = Safetensors.read(sparse(GIB, GIB, GIB + 1, 3));

    assertEquals(3 * GIB + 4, tensors.numel());
    assertEquals(0, tensors.require("c").bytes().get((int) GIB));
    assertEquals(42, tensors.require("d").bytes().get(2));
  }

  @Test
  void refusesASingleTensorOverTwoGigabytes() throws IOException {
    Path file = sparse(4, 2 * GIB);

    WeightsException refusal = assertThrows(WeightsException.class, () -> Safetensors.read(file));
    assertTrue(String.valueOf(refusal.getMessage()).contains("at most 2^31-1 bytes"));
  }
}
