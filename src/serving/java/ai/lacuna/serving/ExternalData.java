package ai.lacuna.serving;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The files that an ONNX model keeps tensors in, read from its protocol buffer: those of graphs, of
 * graphs in them, of functions, and of sparse tensors. ONNX Runtime opens whatever a model names.
 *
 * <p>The file is hostile until read: it is looked through once, with weights passed over, and
 * nothing is kept but a name at a time. What cannot be read is refused, since it may mean something
 * to another reader.
 */
final class ExternalData implements AutoCloseable {
  /** The limit that readers of protocol buffers have, too. */
  private static final int MOST_DEPTH = 100;

  /** Longer than any name of a bundle. */
  private static final int MOST_NAME = 256;

  private static final int WINDOW = 1 << 13;
  private static final int VARINT_BYTES = 10;

  /** Messages of onnx.proto that lead to tensors, with the fields that do so. */
  private enum Message {
    MODEL,
    TRAINING,
    FUNCTION,
    GRAPH,
    NODE,
    ATTRIBUTE,
    SPARSE_TENSOR,
    TENSOR,
    EXTERNAL;

    private @Nullable Message in(int field) {
      return FIELDS.getOrDefault(this, Map.of()).get(field);
    }
  }

  private static final Map<Message, Map<Integer, Message>> FIELDS =
      Map.of(
          Message.MODEL, Map.of(7, Message.GRAPH, 20, Message.TRAINING, 25, Message.FUNCTION),
          Message.TRAINING, Map.of(1, Message.GRAPH, 2, Message.GRAPH),
          Message.FUNCTION, Map.of(7, Message.NODE, 11, Message.ATTRIBUTE),
          Message.GRAPH, Map.of(1, Message.NODE, 5, Message.TENSOR, 15, Message.SPARSE_TENSOR),
          Message.NODE, Map.of(5, Message.ATTRIBUTE),
          Message.ATTRIBUTE,
              Map.of(
                  5, Message.TENSOR,
                  6, Message.GRAPH,
                  10, Message.TENSOR,
                  11, Message.GRAPH,
                  22, Message.SPARSE_TENSOR,
                  23, Message.SPARSE_TENSOR),
          Message.SPARSE_TENSOR, Map.of(1, Message.TENSOR, 2, Message.TENSOR),
          Message.TENSOR, Map.of(13, Message.EXTERNAL));

  private final String file;
  private final Set<String> listed;
  private final FileChannel channel;
  private final ByteBuffer window = ByteBuffer.allocate(WINDOW).limit(0);
  private long windowStart;
  private long at;

  private ExternalData(Path model, String file, Set<String> listed) throws IOException {
    this.file = file;
    this.listed = listed;
    this.channel = FileChannel.open(model, StandardOpenOption.READ);
  }

  /**
   * Refuses a model that has tensors in other files than those whose digests are known.
   *
   * @param model the file
   * @param name what messages call it
   * @param listed names of the files that it may have tensors in
   * @throws BundleException if it names another, or cannot be read as a model
   * @throws IOException if the file cannot be read
   */
  static void requireListed(Path model, String name, Set<String> listed) throws IOException {
    try (ExternalData reader = new ExternalData(model, name, listed)) {
      reader.read(Message.MODEL, reader.channel.size(), 0);
    }
  }

  /** Reads the fields of a message up to its end. */
  private void read(Message message, long end, int depth) throws IOException {
    if (depth > MOST_DEPTH) {
      throw damaged("messages in each other, more than " + MOST_DEPTH);
    }
    String key = "";
    String value = "";
    while (at < end) {
      long tag = varint(end);
      long field = tag >>> 3;
      if (field == 0 || tag >>> Integer.SIZE != 0) {
        throw damaged("no field");
      }
      switch ((int) tag & 7) {
        case 0 -> varint(end);
        case 1 -> skip(Long.BYTES, end);
        case 5 -> skip(Integer.BYTES, end);
        case 2 -> {
          long length = varint(end);
          requireWithin(length, end);
          long fieldEnd = at + length;
          Message inner = message.in((int) field);
          if (inner != null) {
            read(inner, fieldEnd, depth + 1);
          } else if (message == Message.EXTERNAL && field == 1) {
            key = text(fieldEnd);
          } else if (message == Message.EXTERNAL && field == 2) {
            value = text(fieldEnd);
          }
          at = fieldEnd;
        }
        default -> throw damaged("a field of a kind that ONNX has not");
      }
    }
    if (message == Message.EXTERNAL && key.equals("location") && !listed.contains(value)) {
      throw new BundleException(
          file,
          "weights in files that the manifest names, with their digests",
          "some in " + value,
          "do not use this bundle: nobody has checked that file");
    }
  }

  /** The beginning of a string. */
  private String text(long end) throws IOException {
    byte[] bytes = new byte[(int) Math.min(MOST_NAME, end - at)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = next();
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private long varint(long end) throws IOException {
    long value = 0;
    for (int i = 0; i < VARINT_BYTES; i++) {
      requireWithin(1, end);
      byte b = next();
      value |= (long) (b & 0x7f) << (7 * i);
      if (b >= 0) {
        return value;
      }
    }
    throw damaged("a number without an end");
  }

  private void skip(int bytes, long end) {
    requireWithin(bytes, end);
    at += bytes;
  }

  private void requireWithin(long length, long end) {
    if (length < 0 || length > end - at) {
      throw damaged("a field that ends behind what it is in");
    }
  }

  private byte next() throws IOException {
    long offset = at - windowStart;
    if (offset < 0 || offset >= window.limit()) {
      window.clear();
      windowStart = at;
      offset = 0;
      if (channel.read(window, at) <= 0) {
        throw damaged("that the file has become shorter");
      }
      window.flip();
    }
    at++;
    return window.get((int) offset);
  }

  private BundleException damaged(String found) {
    return new BundleException(
        file,
        "a model that ONNX Runtime opens",
        found + " at byte " + at,
        "export the bundle again");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
