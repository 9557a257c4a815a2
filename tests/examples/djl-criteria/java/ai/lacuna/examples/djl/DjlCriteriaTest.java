package ai.lacuna.examples.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.repository.MRL;
import ai.djl.repository.zoo.ModelZoo;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With DJL's API only. */
class DjlCriteriaTest {
  private static final String CACHE = "DJL_CACHE_DIR";

  private final Path folder;
  private final Locale before = Locale.getDefault();
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);

  DjlCriteriaTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void moveCacheAndSpeakGerman() {
    Locale.setDefault(Locale.GERMANY);
    Engine.getInstance(); // Its libraries stay in the usual cache.
    System.setProperty(CACHE, folder.resolve("cache").toString());
  }

  @AfterEach
  void putBack() {
    System.clearProperty(CACHE);
    Locale.setDefault(before);
  }

  /** A bright shape on black. */
  private Path picture(String name, int x, int y, int width, int height) throws IOException {
    BufferedImage image = new BufferedImage(56, 56, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(Color.LIGHT_GRAY);
    graphics.fillRect(x, y, width, height);
    graphics.dispose();
    Path file = folder.resolve(name);
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  private List<Path> pictures() throws IOException {
    return List.of(
        picture("trousers.png", 20, 4, 16, 48),
        picture("more-trousers.png", 21, 4, 15, 48),
        picture("shoe.png", 4, 34, 48, 16));
  }

  private List<String[]> rows() {
    return printed.toString(StandardCharsets.UTF_8).lines().map(line -> line.split("  ")).toList();
  }

  @Test
  void picturesOfOneShapeAreMoreAlike() throws Exception {
    Stream<MRL> models = ModelZoo.listModels().values().stream().flatMap(Collection::stream);
    String address =
        models
            .map(MRL::toString)
            .filter(model -> model.startsWith("djl://ai.lacuna/vit_micro"))
            .findFirst()
            .orElseThrow();
    DjlCriteria.compare(address, pictures(), out);
    List<String[]> rows = rows();
    assertEquals(3, rows.size());
    double same = Double.parseDouble(rows.get(1)[0]);
    double other = Double.parseDouble(rows.get(2)[0]);
    assertEquals("1.000", rows.get(0)[0]);
    assertTrue(same > other, same + " and " + other);
  }

  @Test
  void bundlesClassify() throws Exception {
    Path bundle = Path.of(System.getProperty("lacuna.root", "."), "tests/fixtures/bundle-tiny");
    DjlCriteria.classify(bundle, pictures(), out);
    List<String[]> rows = rows();
    assertEquals(3, rows.size());
    double probability = Double.parseDouble(rows.get(0)[0]);
    assertTrue(probability >= 0.1 && probability <= 1, "of ten classes " + probability);
    assertTrue(rows.get(2)[2].endsWith("shoe.png"), rows.get(2)[2]);
  }

  @Test
  void whatFailsIsOneLine() throws IOException {
    String bundle = System.getProperty("lacuna.root", ".") + "/tests/fixtures/bundle-tiny";
    Path text = Files.writeString(folder.resolve("text.png"), "no picture");
    String picture = picture("shoe.png", 4, 34, 48, 16).toString();
    fails("usage: ", bundle);
    fails("missing.png: expected an image, found no file", bundle, "missing.png");
    fails(text.toString(), bundle, text.toString());
    fails("nosuch: expected the name of a zoo entry", "djl://ai.lacuna/nosuch", picture);
    fails("no-bundle", folder.resolve("no-bundle").toString(), picture);
  }

  private void fails(String words, String... arguments) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(said, true, StandardCharsets.UTF_8);
    assertEquals(2, DjlCriteria.run(arguments, out, err));
    String line = said.toString(StandardCharsets.UTF_8);
    assertTrue(line.contains(words), line);
    assertEquals(1, line.lines().count(), line);
    assertEquals("", printed.toString(StandardCharsets.UTF_8));
  }
}
