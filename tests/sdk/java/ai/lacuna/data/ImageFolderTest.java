package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
  /** Milliseconds, in which the clock of a file system has moved on. */
  private static final long CLOCK = 50;

  private final Path root;

  ImageFolderTest(@TempDir Path root) {
    this.root = root;
  }

  private void image(String path, int value) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Pixels pixels = Pixels.of(1, 2, 1, new byte[] {(byte) value, 7});
    assertTrue(ImageIO.write(pixels.toBufferedImage(), "png", file.toFile()));
  }

  private void file(String path, String content) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  @Test
  void sortsClassesAndFilesAndIgnoresDotFiles() throws IOException {
    image("dog/b.png", 3);
    image("dog/a.PNG", 2);
    image("cat/z.png", 1);
    file("cat/.DS_Store", "x");
    file("cat/._z.png", "x");
    file(".git/config", "x");
    ImageFolder data = ImageFolder.open(root);
    assertEquals(List.of("cat", "dog"), data.classNames());
    assertEquals(3, data.size());
    for (int i = 0; i < 3; i++) {
      assertEquals(i, data.get(i).id());
      assertEquals(i + 1, data.get(i).pixels().data()[0]);
      assertEquals(i == 0 ? 0 : 1, data.label(i));
    }
    assertEquals(data.fingerprint(), ImageFolder.open(root).fingerprint());
  }

  @Test
  void aPictureOfTheSameLengthAndTimeIsAnother() throws IOException, InterruptedException {
    image("cat/a.png", 1);
    ImageFolder data = ImageFolder.open(root);
    Path file = data.files().get(0);
    long length = Files.size(file);
    FileTime changed = Files.getLastModifiedTime(file);
    String before = data.fingerprint();
    Thread.sleep(CLOCK);
    image("cat/a.png", 2);
    Files.setLastModifiedTime(file, changed);
    assertEquals(length, Files.size(file));
    assertNotEquals(before, data.fingerprint());
  }

  @Test
  void listsEverythingThatIsNoImage() throws IOException {
    image("cat/a.png", 1);
    file("cat/a.svg", "x");
    file("cat/deep/b.png", "x");
    file("labels.csv", "x");
    assertMessage(
        "found also "
            + Path.of("cat", "a.svg")
            + ", "
            + Path.of("cat", "deep")
            + ", labels.csv; move, convert or remove them");
  }

  @Test
  void holdsWhatLiesInItAndIsNotHidden() throws IOException {
    image("a/1.png", 1);
    for (ImageFolder data : List.of(ImageFolder.open(root), ImageFolder.openUnlabelled(root))) {
      assertTrue(data.holds(root));
      assertTrue(data.holds(root.resolve("a/../b/c")));
      assertFalse(data.holds(root.resolve(".runs/a")));
      assertFalse(data.holds(root.resolve("..")));
      assertFalse(data.holds(root.resolveSibling(root.getFileName() + "2")));
    }
  }

  @Test
  void rejectsAnEmptyClass() throws IOException {
    image("cat/a.png", 1);
    Files.createDirectories(root.resolve("dog"));
    file("dog/.DS_Store", "x");
    assertMessage("dog: expected images of a class, found none");
  }

  @Test
  void rejectsAFolderWithoutClasses() {
    assertMessage("expected a folder per class, found none");
  }

  @Test
  void rejectsAMissingFolder() {
    Path none = root.resolve("none");
    assertThrows(DataException.class, () -> ImageFolder.open(none));
  }

  @Test
  void namesAFileThatIsNoImageInside() throws IOException {
    file("cat/a.png", "<html>not found</html>");
    ImageFolder data = ImageFolder.open(root);
    ImageException e = assertThrows(ImageException.class, () -> data.get(0));
    assertTrue(e.toString().contains("a.png: expected PNG"), e.toString());
  }

  @Test
  void opensTrainAndTestFolders() throws IOException {
    image("train/cat/a.png", 1);
    image("val/cat/b.png", 1);
    LabelledData data = LabelledData.open(root.toString());
    assertEquals(1, data.train().size());
    assertEquals("val", data.test().name());
    image("val/dog/b.png", 1);
    assertThrows(DataException.class, () -> LabelledData.open(root.toString()));
  }

  private void assertMessage(String part) {
    DataException e = assertThrows(DataException.class, () -> ImageFolder.open(root));
    assertTrue(e.toString().contains(part), e.toString());
  }
}
