package ai.lacuna.weights;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every malformed file is refused with a message, by path and from memory. */
class SafetensorsAttackTest {
  private static final String GOOD = tensor("a", "F32", "[2]", "[0,8]");

  private final Path folder;

  SafetensorsAttackTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static String tensor(String name, String dtype, String shape, String offsets) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}"
        .formatted(name, dtype, shape, offsets);
  }

  private static byte[] file(long length, byte[] header, int data) {
    return ByteBuffer.allocate(8 + header.length + data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(header)
        .array();
  }

  private static byte[] file(String header, int data) {
    byte[] utf8 = header.getBytes(StandardCharsets.UTF_8);
    return file(utf8.length, utf8, data);
  }

  private static Arguments attack(String name, byte[] file, String message) {
    return Arguments.of(name, file, message);
  }

  private static Arguments attack(String name, String header, int data, String message) {
    return attack(name, file(header, data), message);
  }

  private static Arguments shape(String name, String dtype, String shape, String message) {
    return attack(name, "{" + tensor("a", dtype, shape, "[0,8]") + "}", 8, message);
  }

  private static Arguments offsets(String offsets, String message) {
    return attack("offsets " + offsets, "{" + tensor("a", "F32", "[2]", offsets) + "}", 8, message);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static Stream<Arguments> lengths() {
    byte[] object = text("{}");
    byte[] whole = file("{" + GOOD + "}", 8);
    return Stream.of(
        attack("empty file", new byte[0], "at least 8 bytes"),
        attack("seven bytes", new byte[7], "at least 8 bytes"),
        attack("no header", new byte[8], "begins with '{'"),
        attack("header beyond the end", file(3, object, 0), "found a header of 3 bytes"),
        attack("header over the limit", file(100_000_001, object, 0), "100000001 bytes"),
        attack("header of 2^31", file(1L << 31, object, 0), "2147483648 bytes"),
        attack("header of 2^63-1", file(Long.MAX_VALUE, object, 0), "9223372036854775807"),
        attack("header of 2^64-1", file(-1, object, 0), "18446744073709551615 bytes"),
        attack("header of 2^63", file(Long.MIN_VALUE, object, 0), "9223372036854775808"),
        attack("one byte lost", Arrays.copyOf(whole, whole.length - 1), "cut short"),
        attack("half a file", Arrays.copyOf(whole, whole.length / 2), "cut short"),
        attack("one byte too many", Arrays.copyOf(whole, whole.length + 1), "found 9"),
        attack("data without tensors", "{}", 4, "expected 0 bytes of data, found 4"));
  }

  static Stream<Arguments> otherFormats() {
    return Stream.of(
        attack("LFS pointer", text("version https://git-lfs.github.com/spec/v1\n"), "Git LFS"),
        attack("web page", text("<!DOCTYPE html><html></html>"), "web page"),
        attack("bare web page", text("\n<html><body>404</body></html>"), "web page"),
        attack("web page with a mark", text("\ufeff<!-- 404 --><html>"), "web page"),
        attack("zip", text("PK\3\4 archive/data.pkl"), "zip archive"),
        attack("pickle", new byte[] {(byte) 0x80, 2, '}', 'q', 0, 'X', 1, 2, 3}, "pickle"),
        attack("gzip", new byte[] {0x1f, (byte) 0x8b, 8, 0, 1, 2, 3, 4, 5}, "gzip"),
        attack("JSON", text("{\"a\":{\"dtype\":\"F32\"}}"), "JSON"));
  }

  static Stream<Arguments> syntax() {
    byte[] badUtf8 = text("{\"a?\":1}");
    badUtf8[3] = (byte) 0xff;
    byte[] overlong = text("{\"a??\":1}");
    overlong[3] = (byte) 0xc0;
    overlong[4] = (byte) 0x80;
    return Stream.of(
        attack("bytes that are not UTF-8", file(badUtf8.length, badUtf8, 0), "UTF-8"),
        attack("overlong UTF-8", file(overlong.length, overlong, 0), "UTF-8"),
        attack("byte order mark", "\ufeff{" + GOOD + "}", 8, "begins with '{'"),
        attack("leading space", " {" + GOOD + "}", 8, "begins with '{'"),
        attack("array", "[]", 0, "begins with '{'"),
        attack("number", "1", 0, "begins with '{'"),
        attack("open object", "{" + GOOD, 8, "JSON"),
        attack("text behind", "{" + GOOD + "} x", 8, "header"),
        attack("second object", "{" + GOOD + "}{}", 8, "header"),
        attack("newline padding", "{" + GOOD + "}\n", 8, "only spaces"),
        attack("tab padding", "{" + GOOD + "}\t ", 8, "only spaces"),
        attack("zero padding", "{" + GOOD + "}\0", 8, "header"),
        attack("trailing comma", "{" + GOOD + ",}", 8, "JSON"),
        attack("single quotes", "{" + GOOD.replace('"', '\'') + "}", 8, "JSON"),
        attack("bare name", "{" + GOOD.replace("\"a\"", "a") + "}", 8, "JSON"),
        attack("comment", "{/* */" + GOOD + "}", 8, "JSON"),
        attack("control character", "{" + GOOD.replace("\"a\"", "\"a\1\"") + "}", 8, "JSON"),
        attack("bad escape", "{" + GOOD.replace("\"a\"", "\"\\x61\"") + "}", 8, "JSON"),
        attack("lone surrogate", "{" + GOOD.replace("\"a\"", "\"\\ud800\"") + "}", 8, "surrogate"),
        attack("deep nesting", "{\"a\":" + "[".repeat(100_000), 0, "expected BEGIN_OBJECT"));
  }

  static Stream<Arguments> fields() {
    String more = GOOD.replace("\"dtype\"", "\"colour\":1,\"dtype\"");
    String twice = GOOD.replace("\"dtype\"", "\"dtype\":\"F64\",\"dtype\"");
    return Stream.of(
        attack("duplicate tensor", "{" + GOOD + "," + GOOD + "}", 8, "found 'a' twice"),
        attack(
            "duplicate by escape",
            "{" + GOOD + "," + GOOD.replace("\"a\"", "\"\\u0061\"") + "}",
            8,
            "found 'a' twice"),
        attack("duplicate field", "{" + twice + "}", 8, "found 'dtype' twice"),
        attack("unknown field", "{" + more + "}", 8, "found 'colour'"),
        attack("tensor is null", "{\"a\":null}", 0, "found NULL"),
        attack("tensor is text", "{\"a\":\"F32\"}", 0, "found STRING"),
        attack("no fields", "{\"a\":{}}", 0, "found only []"),
        attack("no dtype", "{" + GOOD.replace("\"dtype\":\"F32\",", "") + "}", 8, "found only"),
        attack("no shape", "{" + GOOD.replace("\"shape\":[2],", "") + "}", 8, "found only"),
        attack("no offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 0, "found only"),
        attack("metadata is a list", "{\"__metadata__\":[]}", 0, "found BEGIN_ARRAY"),
        attack("metadata is null", "{\"__metadata__\":null}", 0, "found NULL"),
        attack("metadata with a number", "{\"__metadata__\":{\"a\":1}}", 0, "found NUMBER"),
        attack("metadata with an object", "{\"__metadata__\":{\"a\":{}}}", 0, "BEGIN_OBJECT"),
        attack("metadata key twice", "{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "twice"),
        attack("metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "twice"),
        attack(
            "metadata is a tensor", "{" + GOOD.replace("\"a\"", "\"__metadata__\"") + "}", 8, ""));
  }

  static Stream<Arguments> shapes() {
    return Stream.of(
        shape("unknown dtype", "F31", "[2]", "known dtype"),
        shape("lower-case dtype", "f32", "[2]", "known dtype"),
        shape("empty dtype", "", "[2]", "known dtype"),
        shape("4-bit dtype", "F4", "[16]", "known dtype"),
        shape("negative dimension", "F32", "[-2]", "expected integers"),
        shape("negative zero", "F32", "[-0]", "expected integers"),
        shape("two negative dimensions", "F32", "[-1,-2]", "expected integers"),
        shape("fraction", "F32", "[2.0]", "expected integers"),
        shape("exponent", "F32", "[2e0]", "expected integers"),
        shape("leading zero", "F32", "[02]", "JSON"),
        shape("text dimension", "F32", "[\"2\"]", "found STRING"),
        shape("NaN dimension", "F32", "[NaN]", "JSON"),
        shape("null dimension", "F32", "[null]", "found NULL"),
        shape("nested shape", "F32", "[[2]]", "found BEGIN_ARRAY"),
        shape("shape is a number", "F32", "2", "found NUMBER"),
        shape("dimension over 2^63", "F32", "[9223372036854775808]", "expected integers"),
        shape("dimension of 30 digits", "F32", "[" + "9".repeat(30) + "]", "expected integers"),
        shape("product overflows", "F32", "[4294967296,4294967296]", "overflows"),
        shape("product overflows before zero", "F32", "[4294967296,4294967296,0]", "overflows"),
        shape("bytes overflow", "F32", "[4611686018427387904]", "overflows"),
        shape("product wraps to 2", "F32", "[9223372036854775807,2,2]", "overflows"),
        shape("too small", "F32", "[1]", "expected 4 bytes"),
        shape("too large", "F32", "[3]", "expected 12 bytes"),
        shape("zero with data", "F32", "[0]", "expected 0 bytes"),
        shape("scalar with more", "F32", "[]", "expected 4 bytes"));
  }

  static Stream<Arguments> layouts() {
    String second = "," + tensor("b", "F32", "[2]", "%s");
    return Stream.of(
        offsets("[]", "two data_offsets"),
        offsets("[0]", "two data_offsets"),
        offsets("[0,8,8]", "two data_offsets"),
        offsets("[8,0]", "from byte 0, found 8"),
        offsets("[0,-8]", "expected integers"),
        offsets("[0,9]", "expected 8 bytes"),
        offsets("[0,9223372036854775807]", "expected 8 bytes"),
        offsets("[4,12]", "from byte 0, found 4"),
        offsets("[0,\"8\"]", "found STRING"),
        attack("gap", "{" + GOOD + second.formatted("[9,17]") + "}", 17, "from byte 8, found 9"),
        attack(
            "overlap", "{" + GOOD + second.formatted("[4,12]") + "}", 12, "from byte 8, found 4"),
        attack("shared data", "{" + GOOD + second.formatted("[0,8]") + "}", 8, "from byte 8"),
        attack("data behind", "{" + GOOD + "}", 16, "expected 8 bytes of data, found 16"),
        attack("data missing", "{" + GOOD + second.formatted("[8,16]") + "}", 8, "cut short"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"lengths", "otherFormats", "syntax", "fields", "shapes", "layouts"})
  void refuses(String name, byte[] file, String message) throws IOException {
    Path path = Files.write(folder.resolve("attack.safetensors"), file);
    for (WeightsException refusal :
        new WeightsException[] {
          assertThrows(WeightsException.class, () -> Safetensors.read(path), name),
          assertThrows(WeightsException.class, () -> Safetensors.metadata(path), name),
          assertThrows(WeightsException.class, () -> Safetensors.read(file, "attack"), name),
          assertThrows(WeightsException.class, () -> Safetensors.metadata(file, "attack"), name)
        }) {
      String found = String.valueOf(refusal.getMessage());
      assertTrue(found.contains(message), found);
      assertTrue(found.contains("attack"), found);
    }
  }

  @Test
  void refusesEveryCutOfAGoodFile() {
    byte[] whole = file("{" + GOOD + "}    ", 8);
    assertDoesNotThrow(() -> Safetensors.read(whole, "whole"));
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(WeightsException.class, () -> Safetensors.read(cut, "cut"));
    }
  }

  @Test
  void countsAtLeastSixtyAttacks() {
    long attacks =
        Stream.of(lengths(), otherFormats(), syntax(), fields(), shapes(), layouts())
            .flatMap(group -> group)
            .count();
    assertTrue(attacks >= 60, attacks + " attacks");
  }
}
