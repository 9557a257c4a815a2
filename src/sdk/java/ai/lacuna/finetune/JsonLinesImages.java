package ai.lacuna.finetune;

import ai.lacuna.data.Annotation;
import ai.lacuna.data.AnnotationJson;
import ai.lacuna.data.DataException;
import ai.lacuna.vit.HeadConfig.Target;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Images and what is right for them, from a table of JSON lines in UTF-8: an object for each image,
 * empty lines aside.
 *
 * <pre>
 *   {"path": "coats/17.png", "label": "coat"}             a class by name
 *   {"key": "coats/17", "label": 3}                       or by number, all of them so
 *   {"path": "street/3.jpg", "labels": ["car", "person"]}
 *   {"path": "parts/9.png", "values": {"width": 0.25, "weight": -1.5}}
 * </pre>
 *
 * A key is a path without its suffix. Both are relative to a root folder, which they may not leave,
 * and each image is there once. Other fields are passed over. A sample's id is its row, from 0.
 */
public final class JsonLinesImages {
  private static final String PATH = "path";
  private static final String KEY = "key";

  private JsonLinesImages() {}

  /**
   * The fields in which an answer is looked for, unless one is chosen.
   *
   * @param target what is to be predicted
   * @return the first that is there counts
   */
  public static List<String> fields(Target target) {
    return switch (target) {
      case CLASSES -> List.of("label", "cls");
      case LABELS -> List.of("labels", "label");
      case VALUES -> List.of("values", "value");
    };
  }

  /**
   * Reads a table; classes and labels are those that occur, in alphabetical order.
   *
   * @param table the file
   * @param root the folder of the images
   * @param target what is to be predicted
   * @param fields where it is looked for
   * @return the images, not yet decoded
   * @throws DataException if the table is malformed, or names a file that is not there, or one
   *     twice
   * @throws IOException if it can't be read
   */
  public static LabelledImages read(Path table, Path root, Target target, List<String> fields)
      throws IOException {
    return parse(table, root, fields).images(target);
  }

  /**
   * Reads a table with the outputs of another one.
   *
   * @param table the file
   * @param root the folder of the images
   * @param like whose classes, labels or values it has
   * @param fields where they are looked for
   * @return the images, not yet decoded
   * @throws DataException if the table is malformed, names a file that is not there, or one twice,
   *     or has an answer that the other one has not
   * @throws IOException if it can't be read
   */
  public static LabelledImages read(Path table, Path root, Targets like, List<String> fields)
      throws IOException {
    return parse(table, root, fields).images(like);
  }

  private static LabelTable parse(Path file, Path root, List<String> fields) throws IOException {
    LabelTable table = new LabelTable(root);
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      long number = 1;
      for (Optional<String> line = line(file, number, reader);
          line.isPresent();
          line = line(file, number, reader)) {
        String text = number == 1 ? line.get().replaceFirst("\uFEFF", "") : line.get();
        if (!text.isBlank()) {
          add(table, "%s, line %s".formatted(file, number), text, fields);
        }
        number++;
      }
    } catch (CharacterCodingException e) {
      throw new DataException(file + ": expected UTF-8, found other bytes; convert it", e);
    }
    if (table.isEmpty()) {
      throw new DataException(file + ": expected a JSON object for each image, found none");
    }
    return table;
  }

  /** Without its end; never more than an object may have. */
  private static Optional<String> line(Path file, long number, BufferedReader reader)
      throws IOException {
    StringBuilder line = new StringBuilder();
    int c = reader.read();
    if (c < 0) {
      return Optional.empty();
    }
    for (; c >= 0 && c != '\n'; c = reader.read()) {
      if (line.length() == AnnotationJson.MOST) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s, line %d: expected at most %,d characters, found more; write an object a line",
                file,
                number,
                AnnotationJson.MOST));
      }
      line.append((char) c);
    }
    return Optional.of(line.toString());
  }

  private static void add(LabelTable table, String where, String text, List<String> fields) {
    List<String> wanted = new ArrayList<>(fields);
    wanted.addAll(List.of(PATH, KEY));
    AnnotationJson.Content content = AnnotationJson.read(where, text, wanted);
    Annotation answer =
        fields.stream()
            .filter(content.fields()::containsKey)
            .findFirst()
            .map(field -> content.fields().get(field))
            .orElseThrow(
                () ->
                    new DataException(
                        "%s: expected a field %s, found %s; name the field of the labels"
                            .formatted(where, String.join(" or ", fields), content.names())));
    if (content.fields().get(PATH) instanceof Annotation.Name path) {
      table.addPath(where, path.name(), answer);
    } else if (content.fields().get(KEY) instanceof Annotation.Name key) {
      table.addKey(where, key.name(), answer);
    } else {
      throw new DataException(
          "%s: expected the image as \"path\" or \"key\", found %s"
              .formatted(where, content.names()));
    }
  }
}
