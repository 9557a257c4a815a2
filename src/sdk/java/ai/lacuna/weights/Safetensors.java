package ai.lacuna.weights;

import ai.lacuna.files.FileReplacement;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads and writes the safetensors format.
 *
 * <p>A file is a little-endian 64-bit length, a JSON header of that length, and the tensors' bytes.
 * Reading accepts what the format's specification accepts and nothing else; every refusal is a
 * {@link WeightsException} that names the file. Files may be larger than 2 GB, a single tensor may
 * not.
 */
public final class Safetensors {
  private static final int LENGTH_BYTES = Long.BYTES;
  private static final int SIGNATURE_BYTES = 64;
  private static final int ALIGNMENT = 8;

  /** A header takes several times its length while it is read; real ones have a few megabytes. */
  private static final int HEAP_SHARE = 8;

  private Safetensors() {}

  /**
   * Maps a file into memory; the values are read from disk when they are used.
   *
   * @param file the file; it must not be cut or overwritten in place while the result is in use
   * @return the tensors in the header's order
   * @throws WeightsException if the file is not a well-formed safetensors file
   * @throws IOException if it cannot be read
   */
  public static NamedTensors read(Path file) throws IOException {
    try (FileChannel channel = open(file)) {
      String where = file.toString();
      long length = headerLength(start(channel), channel.size(), where);
      SafetensorsHeader header = header(channel, length, where);
      return map(channel, LENGTH_BYTES + length, header, where);
    }
  }

  /** A folder opens too, and fails when it is read, without its name. */
  private static FileChannel open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new FileSystemException(file.toString(), null, "expected a file, found a folder");
    }
    return FileChannel.open(file, StandardOpenOption.READ);
  }

  /**
   * Says whether a file begins like one of safetensors; {@link #read} checks the rest.
   *
   * @param file any file
   * @return true if a JSON object stands where the header begins
   * @throws IOException if it can't be read
   */
  public static boolean looksLikeOne(Path file) throws IOException {
    try (FileChannel channel = open(file)) {
      byte[] start = start(channel);
      return start.length > LENGTH_BYTES && start[LENGTH_BYTES] == '{';
    }
  }

  /**
   * Reads a file that is in memory.
   *
   * @param file the whole file; not copied, so the caller must not change it any more
   * @param name what messages call it
   * @return the tensors in the header's order
   * @throws WeightsException if the bytes are not a well-formed safetensors file
   */
  public static NamedTensors read(byte[] file, String name) {
    ByteBuffer bytes = ByteBuffer.wrap(file);
    SafetensorsHeader header = header(bytes, name);
    NamedTensors.Builder tensors = NamedTensors.builder();
    int data = file.length - Math.toIntExact(dataLength(header));
    for (SafetensorsHeader.Slot slot : header.tensors()) {
      int begin = data + (int) slot.begin();
      ByteBuffer slice = bytes.slice(begin, (int) slot.length());
      tensors.add(slot.name(), Tensor.of(slot.type(), slice, slot.dimensions()));
    }
    return tensors.build();
  }

  /**
   * Reads only the header and returns its {@code __metadata__}.
   *
   * @param file the file
   * @return the metadata in the file's order, empty if it has none
   * @throws WeightsException if the header is malformed or does not fit the file's length
   * @throws IOException if the file cannot be read
   */
  public static Map<String, String> metadata(Path file) throws IOException {
    try (FileChannel channel = open(file)) {
      String where = file.toString();
      return header(channel, headerLength(start(channel), channel.size(), where), where).metadata();
    }
  }

  /**
   * Returns the {@code __metadata__} of a file that is in memory.
   *
   * @param file the whole file
   * @param name what messages call it
   * @return the metadata in the file's order, empty if it has none
   * @throws WeightsException if the header is malformed or does not fit the length
   */
  public static Map<String, String> metadata(byte[] file, String name) {
    return header(ByteBuffer.wrap(file), name).metadata();
  }

  /**
   * Writes a file beside the target, syncs it and renames it over the target.
   *
   * <p>The same tensors and metadata give the same bytes. Each tensor begins at a multiple of its
   * element size; the header keeps the tensors' order.
   *
   * @param file the file to make or replace
   * @param tensors what to write
   * @param metadata texts to keep with them; written in the order of their keys
   * @throws WeightsException if a name is reserved or a text is not Unicode
   * @throws IOException if writing fails; a file that was there is then as before
   */
  public static void write(Path file, NamedTensors tensors, Map<String, String> metadata)
      throws IOException {
    // Wide elements first: then every tensor is aligned without gaps, which the format forbids.
    List<NamedTensors.Entry> byWidth = new ArrayList<>();
    tensors.forEach(byWidth::add);
    byWidth.sort(Comparator.comparingInt(e -> -e.tensor().type().bytes()));
    byte[] header = headerBytes(tensors, byWidth, metadata, file.toString());
    FileReplacement.write(
        file,
        channel -> {
          ByteBuffer length = ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
          FileReplacement.writeFully(channel, length.putLong(header.length).flip());
          FileReplacement.writeFully(channel, ByteBuffer.wrap(header));
          for (NamedTensors.Entry entry : byWidth) {
            FileReplacement.writeFully(channel, entry.tensor().bytes());
          }
        });
  }

  private static byte[] headerBytes(
      NamedTensors tensors,
      List<NamedTensors.Entry> byWidth,
      Map<String, String> metadata,
      String where)
      throws IOException {
    Map<String, Long> begins = new HashMap<>();
    long position = 0;
    for (NamedTensors.Entry entry : byWidth) {
      begins.put(entry.name(), position);
      position = Math.addExact(position, entry.tensor().bytes().remaining());
    }
    StringWriter text = new StringWriter();
    JsonWriter json = new JsonWriter(text);
    json.beginObject();
    if (!metadata.isEmpty()) {
      json.name(SafetensorsHeader.METADATA).beginObject();
      for (Map.Entry<String, String> entry : new TreeMap<>(metadata).entrySet()) {
        json.name(entry.getKey()).value(entry.getValue());
      }
      json.endObject();
    }
    for (NamedTensors.Entry entry : tensors) {
      if (entry.name().equals(SafetensorsHeader.METADATA)) {
        throw new WeightsException(
            where + ": expected a tensor's name, found the reserved " + entry.name());
      }
      long begin = begins.getOrDefault(entry.name(), 0L);
      json.name(entry.name()).beginObject();
      json.name("dtype").value(entry.tensor().type().name());
      json.name("shape").beginArray();
      for (long dimension : entry.tensor().shape()) {
        json.value(dimension);
      }
      json.endArray();
      json.name("data_offsets").beginArray();
      json.value(begin).value(begin + entry.tensor().bytes().remaining()).endArray();
      json.endObject();
    }
    json.endObject();
    json.flush();
    while (utf8(text, where).length % ALIGNMENT != 0) {
      text.append(' ');
    }
    byte[] bytes = utf8(text, where);
    if (bytes.length > SafetensorsHeader.MAX_BYTES) {
      throw new WeightsException(
          where
              + ": expected a header of at most "
              + SafetensorsHeader.MAX_BYTES
              + " bytes, found "
              + bytes.length
              + "; write fewer tensors or less metadata");
    }
    return bytes;
  }

  private static byte[] utf8(StringWriter text, String where) {
    String string = text.toString();
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(string)) {
      throw new WeightsException(where + ": expected Unicode names, found a lone surrogate");
    }
    return string.getBytes(StandardCharsets.UTF_8);
  }

  /** Checks everything that can be known before allocating memory for the header. */
  private static long headerLength(byte[] start, long fileLength, String where) {
    if (fileLength < LENGTH_BYTES) {
      throw new WeightsException(
          where
              + ": expected a safetensors file of at least 8 bytes, found "
              + fileLength
              + "; download it again");
    }
    long length = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 0 || length > SafetensorsHeader.MAX_BYTES || LENGTH_BYTES + length > fileLength) {
      String hint = FileSignature.hint(start);
      throw new WeightsException(
          where
              + ": expected a safetensors file"
              + (hint.isEmpty()
                  ? ", found a header of "
                      + Long.toUnsignedString(length)
                      + " bytes in a file of "
                      + fileLength
                      + "; it is damaged, cut short or of another format"
                  : ", found " + hint));
    }
    long most = Runtime.getRuntime().maxMemory() / HEAP_SHARE;
    if (length > most) {
      throw new WeightsException(
          "%s: expected a header of at most %s bytes with this heap, found %s; %s"
              .formatted(where, most, length, "start Java with a larger -Xmx if you trust it"));
    }
    return length;
  }

  private static SafetensorsHeader header(FileChannel channel, long length, String where)
      throws IOException {
    ByteBuffer json = ByteBuffer.allocate((int) length);
    readFully(channel, json, LENGTH_BYTES);
    return SafetensorsHeader.parse(json.array(), channel.size() - LENGTH_BYTES - length, where);
  }

  private static SafetensorsHeader header(ByteBuffer file, String where) {
    byte[] start = new byte[Math.min(SIGNATURE_BYTES, file.limit())];
    file.get(0, start);
    int length = (int) headerLength(start, file.limit(), where);
    byte[] json = new byte[length];
    file.get(LENGTH_BYTES, json);
    return SafetensorsHeader.parse(json, file.limit() - LENGTH_BYTES - length, where);
  }

  private static byte[] start(FileChannel channel) throws IOException {
    ByteBuffer start = ByteBuffer.allocate((int) Math.min(SIGNATURE_BYTES, channel.size()));
    readFully(channel, start, 0);
    return start.array();
  }

  private static void readFully(FileChannel channel, ByteBuffer target, long position)
      throws IOException {
    long at = position;
    while (target.hasRemaining()) {
      int count = channel.read(target, at);
      if (count < 0) {
        throw new IOException("the file was cut while it was read");
      }
      at += count;
    }
  }

  private static long dataLength(SafetensorsHeader header) {
    return header.tensors().stream().mapToLong(SafetensorsHeader.Slot::end).max().orElse(0);
  }

  /** Maps runs of neighbours: one mapping holds at most 2 GB, and mappings are few per process. */
  private static NamedTensors map(
      FileChannel channel, long data, SafetensorsHeader header, String where) throws IOException {
    List<SafetensorsHeader.Slot> byOffset = new ArrayList<>(header.tensors());
    byOffset.sort(
        Comparator.comparingLong(SafetensorsHeader.Slot::begin)
            .thenComparingLong(SafetensorsHeader.Slot::end));
    Map<String, Tensor> mapped = new HashMap<>();
    int first = 0;
    while (first < byOffset.size()) {
      long begin = byOffset.get(first).begin();
      int next = first;
      while (next < byOffset.size() && byOffset.get(next).end() - begin <= Integer.MAX_VALUE) {
        next++;
      }
      if (next == first) {
        throw new WeightsException(
            where
                + ": "
                + byOffset.get(first).name()
                + ": expected a tensor of at most 2^31-1 bytes, found "
                + byOffset.get(first).length()
                + "; split it");
      }
      long length = byOffset.get(next - 1).end() - begin;
      ByteBuffer run =
          length == 0
              ? ByteBuffer.allocate(0)
              : channel.map(FileChannel.MapMode.READ_ONLY, data + begin, length);
      for (SafetensorsHeader.Slot slot : byOffset.subList(first, next)) {
        ByteBuffer slice = run.slice((int) (slot.begin() - begin), (int) slot.length());
        mapped.put(slot.name(), Tensor.of(slot.type(), slice, slot.dimensions()));
      }
      first = next;
    }
    NamedTensors.Builder tensors = NamedTensors.builder();
    for (SafetensorsHeader.Slot slot : header.tensors()) {
      Tensor tensor = mapped.get(slot.name());
      if (tensor != null) {
        tensors.add(slot.name(), tensor);
      }
    }
    return tensors.build();
  }
}
