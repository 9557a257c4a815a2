package ai.lacuna.data;

import com.google.gson.Gson;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** The names of classes where samples hold numbers only. */
final class ClassNames {
  /** The file beside shards: a JSON array with the name of each label, from 0. */
  static final String FILE = "classes.json";

  /** The greatest label that is believed; one beyond it is damage. */
  static final int MOST = 1_000_000;

  private static final int SHOWN = 12;

  private ClassNames() {}

  /**
   * Reads the names beside shards, or makes them of the numbers.
   *
   * @param folder of the shards
   * @param greatest the greatest label; -1 if there are no labels, which gives no names
   * @throws DataException if the file is damaged, or has fewer names than there are labels
   */
  static List<String> beside(Path folder, int greatest) throws IOException {
    Path file = folder.resolve(FILE);
    if (greatest < 0 || !Files.isRegularFile(file)) {
      return numbers(greatest);
    }
    return read(file.toString(), Files.readString(file), greatest);
  }

  /** Reads a JSON array of names that must name every label up to the greatest. */
  static List<String> read(String source, String json, int greatest) {
    List<String> names = new ArrayList<>();
    try {
      String[] read = new Gson().fromJson(json, String[].class);
      if (read != null) {
        for (String name : read) {
          names.add(String.valueOf(name));
        }
      }
    } catch (JsonSyntaxException e) {
      throw new DataException(
          "%s: expected a JSON array of class names, found other content; mend or remove it"
              .formatted(source),
          e);
    }
    if (names.size() <= greatest) {
      throw new DataException(
          "%s: expected a name for each of the labels 0 to %s, found %s names; it is of other data"
              .formatted(source, greatest, names.size()));
    }
    return List.copyOf(names);
  }

  /** A list of names for errors, of which a long one is cut. */
  static String some(List<String> names) {
    return names.size() <= SHOWN
        ? names.toString()
        : String.format(
            Locale.ROOT, "%s and %,d more", names.subList(0, SHOWN), names.size() - SHOWN);
  }

  /** Names each label by its number; none for -1. */
  static List<String> numbers(int greatest) {
    return IntStream.rangeClosed(0, greatest).mapToObj(String::valueOf).toList();
  }

  /**
   * Reads a label written in decimal digits.
   *
   * @param where for errors
   * @throws DataException if it is no number from 0 to a million
   */
  static int label(String where, String text) {
    String digits = text.strip();
    try {
      int label = Integer.parseInt(digits);
      if (label >= 0 && label <= MOST) {
        return label;
      }
    } catch (NumberFormatException e) {
      // Said below, in the same words as for a number out of range.
    }
    String found = digits.length() > 20 ? digits.substring(0, 20) + "..." : digits;
    throw new DataException(
        "%s: expected a label from 0 to %s, found '%s'; write the number of the class"
            .formatted(where, MOST, found));
  }
}
