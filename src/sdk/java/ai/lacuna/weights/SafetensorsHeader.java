package ai.lacuna.weights;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The checked header of a safetensors file.
 *
 * @param metadata the file's {@code __metadata__}, in the file's order
 * @param tensors the tensors in the header's order
 */
record SafetensorsHeader(Map<String, String> metadata, List<Slot> tensors) {
  static final String METADATA = "__metadata__";

  /** The longest header that is read, in bytes; the reference implementation's limit. */
  static final long MAX_BYTES = 100_000_000;

  /** Ten times what the largest networks have; the format says nothing. */
  private static final int MAX_TENSORS = 200_000;

  private static final Pattern COUNT = Pattern.compile("0|[1-9][0-9]{0,18}");

  /**
   * Where a tensor lies.
   *
   * @param name its name
   * @param type its element type
   * @param shape its dimensions, none negative
   * @param begin first byte, counted from the end of the header
   * @param end byte behind the last
   */
  record Slot(String name, Tensor.Type type, List<Long> shape, long begin, long end) {
    long length() {
      return end - begin;
    }

    long[] dimensions() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }
  }

  /**
   * Reads and checks the header's JSON.
   *
   * @param json the header's bytes, without the leading length
   * @param dataLength bytes of the file behind the header
   * @param where the file's name for messages
   */
  static SafetensorsHeader parse(byte[] json, long dataLength, String where) {
    if (json.length == 0 || json[0] != '{') {
      throw new WeightsException(where + ": expected a header that begins with '{'");
    }
    int end = json.length;
    while (json[end - 1] == ' ') {
      end--;
    }
    if (Character.isWhitespace(json[end - 1])) {
      throw new WeightsException(where + ": expected only spaces after the header's JSON");
    }
    // Decoded piece by piece, so that a long header is never there as text, too.
    InputStream bytes = new ByteArrayInputStream(json, 0, end);
    try (JsonReader reader =
        new JsonReader(new InputStreamReader(bytes, StandardCharsets.UTF_8.newDecoder()))) {
      reader.setStrictness(Strictness.STRICT);
      SafetensorsHeader header = readObject(reader, where);
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw new WeightsException(where + ": expected nothing after the header's JSON object");
      }
      header.checkLayout(dataLength, where);
      return header;
    } catch (CharacterCodingException e) {
      throw new WeightsException(where + ": expected a header in UTF-8, found other bytes", e);
    } catch (MalformedJsonException | EOFException | IllegalStateException e) {
      throw new WeightsException(
          where + ": expected a header in JSON, found an error: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new WeightsException(where + ": the header cannot be read: " + e.getMessage(), e);
    }
  }

  private static SafetensorsHeader readObject(JsonReader reader, String where) throws IOException {
    Map<String, String> metadata = Map.of();
    List<Slot> slots = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    reader.beginObject();
    while (reader.hasNext()) {
      String name = text(reader.nextName(), where);
      if (!seen.add(name)) {
        throw new WeightsException(where + ": expected unique names, found '" + name + "' twice");
      }
      if (name.equals(METADATA)) {
        metadata = readMetadata(reader, where);
      } else {
        slots.add(readSlot(reader, name, where + ": " + name));
      }
      if (seen.size() > MAX_TENSORS) {
        throw new WeightsException(
            where + ": expected at most " + MAX_TENSORS + " tensors, found more; split the file");
      }
    }
    reader.endObject();
    return new SafetensorsHeader(metadata, List.copyOf(slots));
  }

  private static Map<String, String> readMetadata(JsonReader reader, String where)
      throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    expect(reader, JsonToken.BEGIN_OBJECT, where + ": " + METADATA);
    reader.beginObject();
    while (reader.hasNext()) {
      String key = text(reader.nextName(), where);
      expect(reader, JsonToken.STRING, where + ": " + METADATA + "." + key);
      if (metadata.putIfAbsent(key, text(reader.nextString(), where)) != null) {
        throw new WeightsException(
            where + ": expected unique metadata keys, found '" + key + "' twice");
      }
    }
    reader.endObject();
    return Collections.unmodifiableMap(metadata);
  }

  private static Slot readSlot(JsonReader reader, String name, String where) throws IOException {
    String dtype = "";
    List<Long> shape = List.of();
    List<Long> offsets = List.of();
    Set<String> seen = new HashSet<>();
    expect(reader, JsonToken.BEGIN_OBJECT, where);
    reader.beginObject();
    while (reader.hasNext()) {
      String field = reader.nextName();
      if (!seen.add(field)) {
        throw new WeightsException(where + ": expected unique fields, found '" + field + "' twice");
      }
      switch (field) {
        case "dtype" -> {
          expect(reader, JsonToken.STRING, where + ".dtype");
          dtype = reader.nextString();
        }
        case "shape" -> shape = readCounts(reader, where + ".shape");
        case "data_offsets" -> offsets = readCounts(reader, where + ".data_offsets");
        default ->
            throw new WeightsException(
                where + ": expected dtype, shape and data_offsets, found '" + field + "'");
      }
    }
    reader.endObject();
    if (seen.size() != 3) {
      throw new WeightsException(
          where + ": expected dtype, shape and data_offsets, found only " + seen);
    }
    if (offsets.size() != 2) {
      throw new WeightsException(where + ": expected two data_offsets, found " + offsets);
    }
    String unknown = dtype;
    Tensor.Type type =
        Tensor.Type.find(dtype)
            .orElseThrow(
                () ->
                    new WeightsException(
                        where
                            + ": expected a known dtype such as F32, found '"
                            + unknown
                            + "'; convert the file to float32 first"));
    return new Slot(name, type, shape, offsets.get(0), offsets.get(1));
  }

  private static List<Long> readCounts(JsonReader reader, String where) throws IOException {
    List<Long> counts = new ArrayList<>();
    expect(reader, JsonToken.BEGIN_ARRAY, where);
    reader.beginArray();
    while (reader.hasNext()) {
      expect(reader, JsonToken.NUMBER, where);
      String digits = reader.nextString();
      if (!COUNT.matcher(digits).matches()) {
        throw new WeightsException(
            where + ": expected integers from 0 to 2^63-1, found " + shortened(digits));
      }
      try {
        counts.add(Long.parseLong(digits));
      } catch (NumberFormatException e) {
        throw new WeightsException(
            where + ": expected integers from 0 to 2^63-1, found " + digits, e);
      }
    }
    reader.endArray();
    return List.copyOf(counts);
  }

  /** The tensors must tile the data exactly: no gap, no overlap, nothing left over. */
  private void checkLayout(long dataLength, String where) {
    List<Slot> byOffset = new ArrayList<>(tensors);
    byOffset.sort(Comparator.comparingLong(Slot::begin).thenComparingLong(Slot::end));
    long position = 0;
    for (Slot slot : byOffset) {
      if (slot.begin() != position) {
        throw new WeightsException(
            where
                + ": "
                + slot.name()
                + ": expected data from byte "
                + position
                + ", found "
                + slot.begin()
                + "; tensors must follow each other without gap or overlap");
      }
      long size = sizeOf(slot, where);
      if (slot.end() < slot.begin() || slot.length() != size) {
        throw new WeightsException(
            where
                + ": "
                + slot.name()
                + ": expected "
                + size
                + " bytes for "
                + slot.type()
                + " "
                + slot.shape()
                + ", found the offsets "
                + slot.begin()
                + " and "
                + slot.end());
      }
      position = slot.end();
    }
    if (position != dataLength) {
      throw new WeightsException(
          where
              + ": expected "
              + position
              + " bytes of data, found "
              + dataLength
              + (dataLength < position ? "; the file is cut short, download it again" : ""));
    }
  }

  private static long sizeOf(Slot slot, String where) {
    try {
      long size = 1;
      for (long dimension : slot.shape()) {
        size = Math.multiplyExact(size, dimension);
      }
      return Math.multiplyExact(size, slot.type().bytes());
    } catch (ArithmeticException e) {
      throw new WeightsException(
          where + ": " + slot.name() + ": the shape " + slot.shape() + " overflows", e);
    }
  }

  private static void expect(JsonReader reader, JsonToken token, String where) throws IOException {
    JsonToken found = reader.peek();
    if (found != token) {
      throw new WeightsException(where + ": expected " + token + ", found " + found);
    }
  }

  /** JSON escapes can spell half of a surrogate pair, which is no text. */
  private static String text(String decoded, String where) {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(decoded)) {
      throw new WeightsException(where + ": expected Unicode text, found a lone surrogate");
    }
    return decoded;
  }

  private static String shortened(String digits) {
    return digits.length() <= 40 ? digits : digits.substring(0, 40) + "…";
  }
}
