package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.vit.HeadConfig.Target;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CsvImagesTest {
  private final Path root;

  CsvImagesTest(@TempDir Path root) {
    this.root = root;
  }

  @BeforeEach
  void pictures() throws IOException {
    for (String name : List.of("a.png", "b, c.png", "d.png")) {
      ImageIO.write(
          new Bars(3).get(0).pixels().toBufferedImage(), "png", root.resolve(name).toFile());
    }
  }

  private Path csv(String text) throws IOException {
    return Files.writeString(root.resolve("table.csv"), text);
  }

  @Test
  void readsClassesWithMarkQuotesAndWindowsLines() throws IOException {
    Path csv = csv("\uFEFFpath,label\r\na.png,shirt\r\n\"b, c.png\",coat\r\nd.png,shirt\r\n");
    ImageDataset images = CsvImages.read(csv, root, Target.CLASSES).images();
    assertEquals(List.of("coat", "shirt"), images.classNames());
    assertEquals(List.of(1, 0, 1), List.of(images.label(0), images.label(1), images.label(2)));
    assertEquals(8, images.get(1).pixels().width());
  }

  @Test
  void readsAMarkBeforeAQuote() throws IOException {
    Path csv = csv("\uFEFF\"path\",\"label\"\r\n\"a.png\",\"shirt\"\r\n\"b, c.png\",\"coat\"\r\n");
    ImageDataset images = CsvImages.read(csv, root, Target.CLASSES).images();
    assertEquals(List.of("coat", "shirt"), images.classNames());
    assertEquals(List.of(1, 0), List.of(images.label(0), images.label(1)));
  }

  @Test
  void saysThatATableIsNotUtf8() throws IOException {
    Path csv = root.resolve("table.csv");
    Files.write(csv, "path,label\na.png,caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    String message =
        String.valueOf(
            assertThrows(DataException.class, () -> CsvImages.read(csv, root, Target.CLASSES))
                .getMessage());
    assertTrue(message.endsWith("expected UTF-8, found other bytes; convert it"), message);
  }

  @Test
  void readsLabelsAndValues() throws IOException {
    LabelledImages labels =
        CsvImages.read(csv("path,labels\na.png,car|person\nd.png,\n"), root, Target.LABELS);
    assertEquals(List.of("car", "person"), labels.targets().names());
    assertArrayEquals(new float[] {1, 1}, labels.targets().of(0, -1));
    assertArrayEquals(new float[] {0, 0}, labels.targets().of(1, -1));
    LabelledImages values =
        CsvImages.read(csv("path,width,weight\na.png,0.25,-1.5\n"), root, Target.VALUES);
    assertEquals(List.of("width", "weight"), values.targets().names());
    assertArrayEquals(new float[] {0.25f, -1.5f}, values.targets().of(0, -1));
  }

  @Test
  void namesRowAndValueOfAnUnknownLabel() throws IOException {
    Targets known =
        CsvImages.read(csv("path,label\na.png,x\nd.png,y\n"), root, Target.CLASSES).targets();
    Path other = csv("path,label\na.png,x\nd.png,z\n");
    String message =
        String.valueOf(
            assertThrows(DataException.class, () -> CsvImages.read(other, root, known))
                .getMessage());
    assertTrue(message.endsWith("table.csv, row 3: expected one of [x, y], found z"), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "path,label\\n../a.png,x; CLASSES; row 2: expected a path inside",
        "path,label\\nnone.png,x; CLASSES; row 2: expected an image at",
        "path,label\\na.png; CLASSES; row 2: expected 2 columns, as in the header, found 1",
        "path,label\\na.png,; CLASSES; row 2: expected a label, found none",
        "a.png,x\\n; CLASSES; row 1: expected a header such as path,label, found a.png,x",
        "path,label\\n; CLASSES; expected a header and rows of images, found none",
        "path,a,b\\na.png,1,2; CLASSES; row 1: expected the columns path and label",
        "path,w\\na.png,wide; VALUES; row 2: expected a number in column w, found wide",
        "path,w\\na.png,NaN; VALUES; row 2: expected a number in column w, found NaN",
        "path,label\\na.png,x\\nd.png,y\\n./a.png,x; CLASSES; row 4: expected each image once, found"
            + " a.png labelled x, as in %s, row 2",
        "path,label\\na.png,x\\na.png,y; CLASSES; row 3: expected each image once, found a.png"
            + " labelled y, and x in %s, row 2",
        "path,labels\\na.png,x|z\\na.png,y; LABELS; found a.png labelled [y], and [x, z] in %s",
        "path,w\\na.png,1\\na.png,2; VALUES; found a.png labelled {w=2.0}, and {w=1.0} in %s",
        "path,label\\n\"a.png,x; CLASSES; expected comma-separated values"
      })
  void saysWhatIsWrongAndWhere(String text, Target target, String expected) throws IOException {
    Path csv = csv(text.replace("\\n", "\n"));
    String message =
        String.valueOf(
            assertThrows(DataException.class, () -> CsvImages.read(csv, root, target))
                .getMessage());
    assertTrue(message.contains(expected.replace("%s", csv.toString())), message);
  }
}
