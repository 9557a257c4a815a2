package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnnotationJsonTest {
  private static final String WHERE = "shard.tar, member 7.json";

  private static AnnotationJson.Content read(String text) {
    return AnnotationJson.read(WHERE, text, List.of("label", "labels", "values"));
  }

  private static String refused(String text) {
    return String.valueOf(assertThrows(DataException.class, () -> read(text)).getMessage());
  }

  @Test
  void readsEachKindAndPassesOverTheRest() {
    AnnotationJson.Content content =
        read(
            "{\"label\": 3, \"labels\": [\"red\", 4], \"values\": {\"age\": 3.5, \"size\": -2},"
                + " \"caption\": {\"deep\": [[1], {}]}, \"none\": null}");
    assertEquals(
        Map.of(
            "label",
            new Annotation.Figure("label", 3),
            "labels",
            new Annotation.Names(List.of("red", "4")),
            "values",
            new Annotation.Figures(Map.of("age", 3.5, "size", -2.0))),
        content.fields());
    assertEquals(Set.of("label", "labels", "values", "caption", "none"), content.names());
    assertEquals(
        new Annotation.Name("coat"), read("{\"label\": \" coat \"}").fields().get("label"));
    assertEquals(Map.of(), read("{\"label\": null}").fields());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "[1] # expected a JSON object such as {\"label\": \"coat\"}, found an array",
        "3 # expected a JSON object such as {\"label\": \"coat\"}, found the number 3",
        "{\"label\": true} # expected a name, a number or several as label, found true",
        "{\"label\": \"\"} # expected a name as label, found an empty text",
        "{\"label\": 1, \"label\": 2} # expected each field once, found label twice",
        "{\"labels\": [\"a\", \"a\"]} # expected each name of labels once, found a twice",
        "{\"labels\": [[\"a\"]]} # expected a name as labels[], found an array",
        "{\"values\": {\"age\": \"old\"}} # expected a number as values.age, found the text old",
        "{\"values\": {\"age\": 1, \"age\": 2}} # expected each field once, found age twice",
        "{\"label\": 1e999} # expected a number that a double holds as label, found 1e999",
        "{\"label\": 1} x # expected a JSON object, found damage",
        "{\"label\": 1}{} # expected a JSON object, found damage",
        "{label: 1} # expected a JSON object, found damage",
        "{\"label\": NaN} # expected a JSON object, found damage",
        "path,label # expected a JSON object, found damage (malformed JSON at line 1",
        "{\"label\": 1 # expected a JSON object, found damage"
      })
  void saysWhatIsWrong(String text, String expected) {
    String message = refused(text);
    assertTrue(message.startsWith(WHERE + ": " + expected), message);
    assertEquals(1, message.lines().count(), message);
  }

  @Test
  void boundsDepthAndLength() {
    String deep = "{\"x\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}";
    assertTrue(refused(deep).contains("found damage"), refused(deep));
    String nested = "{\"label\": " + "[".repeat(100_000);
    assertTrue(refused(nested).contains("found an array"), refused(nested));
    String longer = "{\"x\": \"" + "y".repeat(AnnotationJson.MOST) + "\"}";
    assertTrue(refused(longer).contains("at most 1,048,576 characters"), refused(longer));
    String many = "{\"labels\": [0" + ",0".repeat(3) + "]}";
    assertTrue(refused(many).contains("found 0 twice"), refused(many));
    assertTrue(refused("").contains("found nothing"), refused(""));
  }
}
