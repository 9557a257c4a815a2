package ai.lacuna.run;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

/** JSON files of a run's directory, which people edit and power cuts leave as other bytes. */
public final class RunFile {
  private RunFile() {}

  /**
   * Reads a file that holds a JSON object.
   *
   * @param file the file
   * @param expected what it should hold, such as {@code a checkpoint's state}
   * @param remedy what to do when it does not
   * @param reader makes the content of the object; whatever unchecked exception it throws means
   *     that the object holds something else
   * @param <T> the content
   * @return the content
   * @throws RunFileException if it holds something else
   * @throws IOException if it can't be read
   */
  public static <T> T object(
      Path file, String expected, String remedy, Function<JsonObject, T> reader)
      throws IOException {
    return read(file, expected, remedy, json -> reader.apply(json.getAsJsonObject()));
  }

  /** As {@link #object}, of any JSON. */
  static <T> T read(Path file, String expected, String remedy, Function<JsonElement, T> reader)
      throws IOException {
    String text;
    try {
      text = Files.readString(file);
    } catch (CharacterCodingException e) {
      throw other(file, expected, remedy, e);
    }
    try {
      return reader.apply(JsonParser.parseString(text));
    } catch (RuntimeException e) {
      // Gson's are of half a dozen classes, by what is wrong and where.
      throw other(file, expected, remedy, e);
    }
  }

  /** A whole number of at least 0. */
  static long count(JsonObject json, String name) {
    long count = new BigDecimal(json.get(name).getAsString()).longValueExact();
    if (count < 0) {
      throw new IllegalStateException(name + ": expected at least 0, found " + count);
    }
    return count;
  }

  private static RunFileException other(
      Path file, String expected, String remedy, Exception cause) {
    return new RunFileException(
        "%s: expected %s, found other content; %s".formatted(file, expected, remedy), cause);
  }
}
