package ai.lacuna.data;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads annotations from a JSON object, strictly, as it streams by: no tree is built, what was not
 * asked for is passed over, and values that are nested more than 255 deep are refused.
 *
 * <pre>
 *   {"label": 3}                        a number
 *   {"label": "coat"}                   a name
 *   {"labels": ["red", "coat"]}         names
 *   {"values": {"age": 3.5, "size": 2}} numbers
 * </pre>
 */
public final class AnnotationJson {
  /** The longest text that is read, in characters or bytes. */
  public static final int MOST = 1 << 20;

  private static final int MOST_ENTRIES = 10_000;
  private static final int SHOWN = 40;

  private final String where;
  private final JsonReader json;

  private AnnotationJson(String where, String text) {
    this.where = where;
    this.json = new JsonReader(new StringReader(text));
    this.json.setStrictness(Strictness.STRICT);
  }

  /**
   * What an object holds.
   *
   * @param fields those that were asked for and are there, but for null
   * @param names of all fields, at most ten thousand
   */
  public record Content(Map<String, Annotation> fields, Set<String> names) {
    /** Copies both. */
    public Content {
      fields = Map.copyOf(fields);
      names = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(names));
    }
  }

  /**
   * Reads an object.
   *
   * @param where it is, for errors
   * @param text the object and nothing else
   * @param wanted the fields to read
   * @return what it holds
   * @throws DataException if it is too long, no JSON object, has a field twice, or a field that was
   *     asked for is none of the above
   */
  public static Content read(String where, String text, Collection<String> wanted) {
    if (text.length() > MOST) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: expected a JSON object of at most %,d characters, found %,d",
              where,
              MOST,
              text.length()));
    }
    try {
      return new AnnotationJson(where, text).object(wanted);
    } catch (MalformedJsonException | EOFException e) {
      // Gson's advice is for who writes the program, not for who wrote the file.
      String reason =
          String.valueOf(e.getMessage())
              .lines()
              .findFirst()
              .orElse("")
              .replaceFirst("^Use \\S+ to accept ", "");
      throw new DataException(
          "%s: expected a JSON object, found %s (%s); mend it"
              .formatted(where, text.isBlank() ? "nothing" : "damage", reason),
          e);
    } catch (IOException e) {
      throw new IllegalStateException("a text in memory", e);
    }
  }

  private Content object(Collection<String> wanted) throws IOException {
    if (json.peek() != JsonToken.BEGIN_OBJECT) {
      throw bad("a JSON object such as {\"label\": \"coat\"}", kind());
    }
    Map<String, Annotation> fields = new LinkedHashMap<>();
    Set<String> names = new LinkedHashSet<>();
    json.beginObject();
    while (json.hasNext()) {
      String name = name(names);
      if (!wanted.contains(name)) {
        json.skipValue();
      } else if (json.peek() == JsonToken.NULL) {
        json.nextNull();
      } else {
        fields.put(name, value(name));
      }
    }
    json.endObject();
    if (json.peek() != JsonToken.END_DOCUMENT) {
      throw bad("one JSON object", "more after it");
    }
    return new Content(fields, names);
  }

  private String name(Set<String> before) throws IOException {
    String name = json.nextName();
    if (!before.add(name)) {
      throw bad("each field once", name + " twice");
    }
    if (before.size() > MOST_ENTRIES) {
      throw bad("at most 10,000 fields", "more");
    }
    return name;
  }

  private Annotation value(String field) throws IOException {
    return switch (json.peek()) {
      case STRING -> new Annotation.Name(text(field));
      case NUMBER -> new Annotation.Figure(field, number(field));
      case BEGIN_ARRAY -> names(field);
      case BEGIN_OBJECT -> numbers(field);
      default -> throw bad("a name, a number or several as " + field, kind());
    };
  }

  private Annotation names(String field) throws IOException {
    Set<String> names = new LinkedHashSet<>();
    json.beginArray();
    while (json.hasNext()) {
      boolean isNumber = json.peek() == JsonToken.NUMBER;
      String name =
          isNumber ? new Annotation.Figure(field, number(field)).text() : text(field + "[]");
      if (!names.add(name)) {
        throw bad("each name of " + field + " once", name + " twice");
      }
      if (names.size() > MOST_ENTRIES) {
        throw bad("at most 10,000 names in " + field, "more");
      }
    }
    json.endArray();
    return new Annotation.Names(List.copyOf(names));
  }

  private Annotation numbers(String field) throws IOException {
    Map<String, Double> values = new LinkedHashMap<>();
    Set<String> names = new LinkedHashSet<>();
    json.beginObject();
    while (json.hasNext()) {
      String name = name(names);
      values.put(name, number(field + "." + name));
    }
    json.endObject();
    return new Annotation.Figures(values);
  }

  private String text(String field) throws IOException {
    if (json.peek() != JsonToken.STRING) {
      throw bad("a name as " + field, kind());
    }
    String text = json.nextString().strip();
    if (text.isEmpty()) {
      throw bad("a name as " + field, "an empty text");
    }
    return text;
  }

  private double number(String field) throws IOException {
    if (json.peek() != JsonToken.NUMBER) {
      throw bad("a number as " + field, kind());
    }
    String digits = json.nextString();
    double value = Double.parseDouble(digits);
    if (!Double.isFinite(value)) {
      throw bad("a number that a double holds as " + field, digits);
    }
    return value;
  }

  /** What comes next, in words. */
  private String kind() throws IOException {
    return switch (json.peek()) {
      case BEGIN_ARRAY -> "an array";
      case BEGIN_OBJECT -> "an object";
      case STRING -> "the text " + json.nextString();
      case NUMBER -> "the number " + json.nextString();
      case BOOLEAN -> String.valueOf(json.nextBoolean());
      case NULL -> "null";
      default -> "nothing";
    };
  }

  private DataException bad(String expected, String found) {
    String shown = found.length() > SHOWN ? found.substring(0, SHOWN) + "..." : found;
    return new DataException("%s: expected %s, found %s".formatted(where, expected, shown));
  }
}
