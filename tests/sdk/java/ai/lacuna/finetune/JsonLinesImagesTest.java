package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.AnnotationJson;
import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.vit.HeadConfig.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonLinesImagesTest {
  private final Path root;

  JsonLinesImagesTest(@TempDir Path root) {
    this.root = root;
  }

  @BeforeEach
  void pictures() throws IOException {
    for (String name : List.of("a.png", "b.png", "both.png", "both.JPG")) {
      ImageIO.write(
          new Bars(3).get(0).pixels().toBufferedImage(), "png", root.resolve(name).toFile());
    }
  }

  private LabelledImages read(String text, Target target) throws IOException {
    Path table = Files.writeString(root.resolve("table.jsonl"), text);
    return JsonLinesImages.read(table, root, target, JsonLinesImages.fields(target));
  }

  @Test
  void readsNamedAndNumberedClasses() throws IOException {
    ImageDataset named =
        read(
                String.join(
                    "\r\n",
                    "\uFEFF{\"path\": \"a.png\", \"label\": \"shirt\"}",
                    "",
                    "{\"label\": \"coat\", \"key\": \"b\"}"),
                Target.CLASSES)
            .images();
    assertEquals(List.of("coat", "shirt"), named.classNames());
    assertEquals(List.of(1, 0), List.of(named.label(0), named.label(1)));
    assertEquals(8, named.get(1).pixels().width());
    ImageDataset numbered =
        read(
                "{\"path\": \"a.png\", \"label\": 10}\n{\"path\": \"b.png\", \"cls\": 2}",
                Target.CLASSES)
            .images();
    assertEquals(11, numbered.classNames().size());
    assertEquals(List.of(10, 2), List.of(numbered.label(0), numbered.label(1)));
  }

  @Test
  void readsLabelsAndValues() throws IOException {
    Targets labels =
        read(
                "{\"path\": \"a.png\", \"labels\": [\"red\", \"coat\"]}\n"
                    + "{\"path\": \"b.png\", \"labels\": []}\n{\"path\": \"both.png\", \"label\": \"red\"}",
                Target.LABELS)
            .targets();
    assertEquals(List.of("coat", "red"), labels.names());
    assertArrayEquals(new float[] {1, 1}, labels.of(0, -1));
    assertArrayEquals(new float[] {0, 0}, labels.of(1, -1));
    assertArrayEquals(new float[] {0, 1}, labels.of(2, -1));
    Targets values =
        read(
                "{\"path\": \"a.png\", \"values\": {\"b\": 1, \"a\": 2.5}}\n"
                    + "{\"path\": \"b.png\", \"values\": {\"a\": 3, \"b\": -4}}",
                Target.VALUES)
            .targets();
    assertEquals(List.of("b", "a"), values.names());
    assertArrayEquals(new float[] {-4, 3}, values.of(1, -1));
    assertEquals(
        List.of("value"),
        read("{\"path\": \"a.png\", \"value\": 2.5}", Target.VALUES).targets().names());
  }

  @Test
  void namesLineAndValueOfWhatAnotherTableHasNot() throws IOException {
    Targets known =
        read(
                "{\"path\": \"a.png\", \"label\": \"x\"}\n{\"path\": \"b.png\", \"label\": \"y\"}",
                Target.CLASSES)
            .targets();
    Path other =
        Files.writeString(root.resolve("test.jsonl"), "{\"path\": \"a.png\", \"label\": \"z\"}");
    String message =
        String.valueOf(
            assertThrows(
                    DataException.class,
                    () -> JsonLinesImages.read(other, root, known, List.of("label")))
                .getMessage());
    assertEquals(other + ", line 1: expected one of [x, y], found z", message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "{\"path\": \"../a.png\", \"label\": 1} # CLASSES # line 1: expected a path inside",
        "{\"key\": \"../a\", \"label\": 1} # CLASSES # line 1: expected a path inside",
        "{\"path\": \"no.png\", \"label\": 1} # CLASSES # line 1: expected an image at",
        "{\"key\": \"no\", \"label\": 1} # CLASSES # line 1: expected an image at",
        "{\"key\": \"both\", \"label\": 1} # CLASSES # line 1: expected one image of the key both",
        "{\"label\": 1} # CLASSES # line 1: expected the image as \"path\" or \"key\", found [label]",
        "{\"path\": \"a.png\"} # CLASSES # line 1: expected a field label or cls, found [path]",
        "{\"path\": \"a.png\", \"label\": 1}\\nx # CLASSES # line 2: expected a JSON object",
        "{\"path\": \"a.png\", \"label\": 1.5} # CLASSES # line 1: expected the name or the number"
            + " of one class, found 1.5",
        "{\"path\": \"a.png\", \"label\": 1}\\n{\"path\": \"b.png\", \"label\": \"x\"} # CLASSES #"
            + " line 2: expected classes that are all named or all numbered, found x",
        "{\"path\": \"a.png\", \"labels\": 1} # LABELS # line 1: expected the names of labels",
        "{\"path\": \"a.png\", \"values\": \"x\"} # VALUES # line 1: expected numbers by name, found x",
        "{\"path\": \"a.png\", \"values\": {\"a\": 1}}\\n{\"path\": \"b.png\", \"values\": {\"b\":"
            + " 1}} # VALUES # line 2: expected a number for each of [a], found [b]",
        "{\"path\": \"a.png\", \"label\": 1}\\n{\"key\": \"./a\", \"label\": 1} # CLASSES # line 2:"
            + " expected each image once, found a.png labelled 1, as in %s, line 1",
        "{\"path\": \"a.png\", \"label\": \"x\"}\\n{\"path\": \"a.png\", \"label\": \"y\"} # CLASSES #"
            + " line 2: expected each image once, found a.png labelled y, and x in %s, line 1",
        "'' # CLASSES # table.jsonl: expected a JSON object for each image, found none"
      })
  void saysWhatIsWrongAndWhere(String text, Target target, String expected) {
    String message =
        String.valueOf(
            assertThrows(DataException.class, () -> read(text.replace("\\n", "\n"), target))
                .getMessage());
    String table = root.resolve("table.jsonl").toString();
    assertTrue(message.contains(expected.replace("%s", table)), message);
  }

  @Test
  void refusesALineWithoutEnd() {
    String line = "{\"x\": \"" + "y".repeat(AnnotationJson.MOST) + "\"}";
    String message =
        String.valueOf(
            assertThrows(DataException.class, () -> read("\n" + line, Target.CLASSES))
                .getMessage());
    assertTrue(message.contains("line 2: expected at most 1,048,576 characters"), message);
  }
}
