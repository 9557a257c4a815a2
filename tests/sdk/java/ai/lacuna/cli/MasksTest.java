package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Pixels;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

class MasksTest {
  private static final int ROWS = MaskCatalogue.shown().size() + 1;

  private final Path directory;

  MasksTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private CommandLineRun run(String file, String... options) {
    String[] args = new String[options.length + 3];
    args[0] = "masks";
    args[1] = "--out";
    args[2] = directory.resolve(file).toString();
    System.arraycopy(options, 0, args, 3, options.length);
    return CommandLineRun.of(args);
  }

  @Test
  void drawsEveryStrategyIntoOnePicture() throws Exception {
    CommandLineRun run = run("masks.png", "--image-size", "28", "--patch-size", "4");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().startsWith("37 of 49 patches removed (ratio 0.75)"), run.out());
    Pixels picture = Pixels.read(directory.resolve("masks.png"));
    assertTrue(picture.height() > ROWS * 100, picture.toString());
    assertTrue(colours(picture) > 100, "a blank picture");
  }

  /** Their text would run into the next row. */
  @Test
  void theRowsOfWideImagesHaveRoomForTheirText() throws Exception {
    CommandLineRun run = run("wide.png", "--image-size", "8x32", "--patch-size", "4");
    assertEquals(0, run.code(), run.err());
    Pixels picture = Pixels.read(directory.resolve("wide.png"));
    assertTrue(picture.height() > ROWS * 84 + 300, picture.toString());
  }

  private static int colours(Pixels picture) {
    Set<List<Byte>> colours = new HashSet<>();
    for (int i = 0; i < picture.data().length; i += 3) {
      colours.add(List.of(picture.data()[i], picture.data()[i + 1], picture.data()[i + 2]));
    }
    return colours.size();
  }

  @Test
  void theTilesOfAPageShowTheExactCountOfTheirEpoch() throws Exception {
    CommandLineRun run =
        run("masks.html", "--image-size", "24x40", "--patch-size", "4", "--ratio", "0.5:0.8@10");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().startsWith("30, 39, 48 of 60 patches removed"), run.out());
    NodeList images = parsed("masks.html").getElementsByTagName("img");
    assertEquals(3 * (1 + 3 * (ROWS - 1)), images.getLength());
    int tiles = 0;
    for (int i = 0; i < images.getLength(); i++) {
      String alt = images.item(i).getAttributes().getNamedItem("alt").getNodeValue();
      String source = images.item(i).getAttributes().getNamedItem("src").getNodeValue();
      byte[] png = Base64.getDecoder().decode(source.substring("data:image/png;base64,".length()));
      if (alt.contains(", epoch ")) {
        int removed = alt.endsWith(" 0") ? 30 : alt.endsWith(" 5") ? 39 : 48;
        assertEquals(removed, bluish(Pixels.read(png, alt)) / 16, alt);
        tiles++;
      }
    }
    assertEquals(9 * (ROWS - 1), tiles);
  }

  /** Pixels of the colour of removed patches; the images are grey. */
  private static int bluish(Pixels tile) {
    int count = 0;
    for (int i = 0; i < tile.height() * tile.width(); i++) {
      count += tile.data()[3 * i] != tile.data()[3 * i + 2] ? 1 : 0;
    }
    return count;
  }

  private Document parsed(String file) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    return factory
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(Files.readAllBytes(directory.resolve(file))));
  }

  @Test
  void oneArgumentListGivesOneFile() throws Exception {
    String[] options = {"--mask", "block:least=0.2", "--images", "1", "--seed", "3"};
    run("a.html", options);
    run("b.html", options);
    assertEquals(-1, Files.mismatch(directory.resolve("a.html"), directory.resolve("b.html")));
  }

  @Test
  void everyStrategyOfThePictureHasASentence() {
    for (String strategy : MaskCatalogue.shown()) {
      assertTrue(MaskCatalogue.sentence(strategy).endsWith("."), strategy);
    }
  }

  @Test
  void saysWhatItCannotDraw() {
    assertOneLine(run("x.gif"), "--out: expected a file ending in .png or .html");
    assertOneLine(run("x.png", "--ratio", "1"), "mask ratio: expected more than 0 and less than 1");
    assertOneLine(run("x.png", "--ratio", "0.999"), "mask ratio: expected more than 0 and less");
    assertOneLine(run("x.png", "--mask", "gird"), "mask: expected one of random, block");
    assertOneLine(
        run("x.png", "--mask", "custom:name=a"), "mask custom:name=a: expected the masks");
    assertOneLine(
        run("x.png", "--image-size", "225"),
        "--image-size: expected multiples of the patch size 16");
    assertOneLine(
        run("x.png", "--image-size", "32x32x3"),
        "--image-size: expected multiples of the patch size");
    assertOneLine(run("x.png", "--images", "9"), "--images: expected 1 to 6");
  }
}
