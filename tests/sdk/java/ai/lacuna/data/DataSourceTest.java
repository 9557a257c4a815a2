package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DataSourceTest {
  private final Path root;

  DataSourceTest(@TempDir Path root) {
    this.root = root;
  }

  private void image(String path, int number) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, TarBuilder.png(number));
  }

  private void file(String path, String content) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private ImageDataset open() throws IOException {
    return ImageDataset.open(root.toString());
  }

  private void assertMessage(String source, String... parts) {
    DataException e = assertThrows(DataException.class, () -> ImageDataset.open(source));
    for (String part : parts) {
      assertTrue(e.toString().contains(part), e.toString());
    }
  }

  @Test
  void saysWhichIdxFileIsMissing() throws IOException {
    file("train-images-idx3-ubyte", "x");
    file("train-labels-idx1-ubyte.gz", "x");
    file("t10k-labels-idx1-ubyte", "x");
    assertMessage(
        root.toString(), "expected the four IDX files", "none of t10k-images-idx3-ubyte;");
  }

  @Test
  void opensImagesInFoldersOfAnyDepthWithoutLabels() throws IOException {
    image("b/c/d/2.png", 2);
    image("b/1.png", 1);
    image("z.PNG", 3);
    image("a.png", 0);
    file(".DS_Store", "x");
    file("b/._1.png", "x");
    file("b/.cache/x.png", "x");
    ImageDataset data = open();
    assertEquals(4, data.size());
    assertEquals(List.of(), data.classNames());
    for (int i = 0; i < 4; i++) {
      assertEquals(i, TarBuilder.number(data.get(i).pixels()));
      assertEquals(Sample.NO_LABEL, data.label(i));
    }
  }

  @Test
  void classFoldersMayLieInAFolderOfTheirOwn() throws IOException {
    for (int i = 0; i < 10; i++) {
      image("train/%s/%d.png".formatted(i % 2 == 0 ? "even" : "odd", i), i);
    }
    LabelledData data = LabelledData.openOrSplit(root.toString(), Labelling.classes());
    assertEquals(List.of("even", "odd"), data.train().classNames());
    assertEquals(8, data.train().size());
    assertEquals(2, data.test().size());
    assertThrows(DataException.class, () -> LabelledData.open(root.toString()));
    file("notes.doc", "x");
    DataException e =
        assertThrows(
            DataException.class,
            () -> LabelledData.openOrSplit(root.toString(), Labelling.classes()));
    assertTrue(e.toString().contains("found also"), e.toString());
  }

  @Test
  void givesClassFoldersTheSameOrderWithAndWithoutLabels() throws IOException {
    for (int i = 0; i < 6; i++) {
      image("train/%s/%d.png".formatted(List.of("a-b", "a", "ab").get(i % 3), i), i);
      image("test/%s/%d.png".formatted(List.of("a-b", "a", "ab").get(i % 3), i), i);
    }
    ImageDataset unlabelled = open();
    LabelledData labelled = LabelledData.open(root.toString());
    assertEquals(6, unlabelled.size());
    for (int i = 0; i < 6; i++) {
      assertEquals(
          TarBuilder.number(labelled.train().get(i).pixels()),
          TarBuilder.number(unlabelled.get(i).pixels()));
    }
  }

  @Test
  void takesAFifthOfEachClassForTheTestWhereThereIsNone() throws IOException {
    for (int i = 0; i < 20; i++) {
      image("%s/%02d.png".formatted(i < 15 ? "often" : "seldom", i), i);
    }
    LabelledData data = LabelledData.openOrSplit(root.toString(), Labelling.classes());
    assertEquals(16, data.train().size());
    assertEquals(List.of(3L, 1L), List.of(count(data.test(), 0), count(data.test(), 1)));
    Set<Integer> all = new HashSet<>();
    for (ImageDataset part : List.of(data.train(), data.test())) {
      for (int i = 0; i < part.size(); i++) {
        assertTrue(all.add(TarBuilder.number(part.get(i).pixels())));
      }
    }
    assertEquals(20, all.size());
    assertEquals(
        data.test().fingerprint(),
        LabelledData.openOrSplit(root.toString(), Labelling.classes()).test().fingerprint());
    assertThrows(DataException.class, () -> LabelledData.open(root.toString()));
    String oneClass = root.resolve("often").toString();
    DataException e =
        assertThrows(
            DataException.class, () -> LabelledData.openOrSplit(oneClass, Labelling.classes()));
    assertTrue(e.toString().contains("expected"), e.toString());
  }

  private static long count(ImageDataset data, int label) throws IOException {
    long count = 0;
    for (int i = 0; i < data.size(); i++) {
      count += data.label(i) == label ? 1 : 0;
    }
    return count;
  }

  @Test
  void opensASingleImage() throws IOException {
    image("a.png", 7);
    assertEquals(1, open().size());
  }

  @Test
  void rejectsEmptyFolders() throws IOException {
    assertMessage(root.toString(), "expected images, found none");
    Files.createDirectories(root.resolve("a/b"));
    file("a/.DS_Store", "x");
    assertMessage(root.toString(), "expected images, found none");
    assertMessage(root.resolve("none").toString(), "none: expected fashion-mnist");
  }

  @Test
  void rejectsFoldersOfSeveralKinds() throws IOException {
    image("a.png", 1);
    new TarBuilder().images(0, 1).write(root.resolve("b.tar"));
    new TarBuilder().images(0, 1).write(root.resolve("c.tar"));
    file("d.tfrecord-00000-of-00001", "x");
    file("e.bin", "x");
    file("notes.txt", "x");
    assertMessage(
        root.toString(),
        "found 2 tar shards (b.tar), 1 TFRecord files (d.tfrecord-00000-of-00001), 1 images or"
            + " folders (a.png), 1 files of other kinds (e.bin); give each kind a folder");
  }

  @Test
  void rejectsStraysAmongImages() throws IOException {
    image("a.png", 1);
    file("deep/labels.csv", "x");
    assertMessage(root.toString(), "found also " + Path.of("deep", "labels.csv"));
  }

  @Test
  void rejectsFilesOfUnknownKind() throws IOException {
    file("data.bin", "x");
    assertMessage(root.resolve("data.bin").toString(), "expected a name that ends in .tar");
  }

  @Test
  void rejectsPatternsWithMissingShards() throws IOException {
    new TarBuilder().images(0, 1).write(root.resolve("s-0.tar"));
    assertEquals(1, ImageDataset.open(root + "/s-{0..0}.tar").size());
    assertMessage(root + "/s-{0..2}.tar", "expected 3 shards, found 1, without", "s-1.tar");
    assertMessage(root + "/s-{2..0}.tar", "expected braces");
  }

  @Test
  void asksForLabelledPartsWhereThereAreNone() throws IOException {
    image("a/1.png", 1);
    DataException e = assertThrows(DataException.class, () -> LabelledData.open(root.toString()));
    assertTrue(e.toString().contains("expected folders train and test"), e.toString());
    DataException one =
        assertThrows(
            DataException.class,
            () -> LabelledData.openOrSplit(root.toString(), Labelling.classes()));
    assertTrue(one.toString().contains("at least 2 classes, found a alone"), one.toString());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS) // Links want a privilege there.
  void rejectsALinkToAFolderAbove() throws IOException {
    image("a/1.png", 1);
    Files.createSymbolicLink(root.resolve("a/again"), root);
    assertMessage(root.toString(), "found a link to one that it lies in");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS) // It has no such permissions.
  void namesAFolderThatMayNotBeRead() throws IOException {
    image("open/1.png", 1);
    image("shut/2.png", 2);
    Path shut = root.resolve("shut");
    Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString("---------"));
    try {
      if (Files.isReadable(shut)) {
        assertEquals(2, open().size()); // The superuser may read everything.
      } else {
        AccessDeniedException e = assertThrows(AccessDeniedException.class, this::open);
        assertEquals(shut.toString(), e.getFile());
      }
    } finally {
      Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  @Test
  void expandsBracesAsShellsDo() {
    assertEquals(
        List.of("a-08.tar", "a-09.tar", "a-10.tar"), BracePattern.expand("a-{08..10}.tar"));
    assertEquals(List.of("9", "10"), BracePattern.expand("{9..10}"));
    assertEquals(List.of("x0/p", "x0/q", "x1/p", "x1/q"), BracePattern.expand("x{0..1}/{p,q}"));
    assertEquals(List.of("a.tar", ".tar"), BracePattern.expand("{a,}.tar"));
    for (String senseless :
        List.of(
            "{",
            "}",
            "{a",
            "{}",
            "{a}",
            "{2..1}",
            "{01..100}",
            "{{0..1},2}",
            "{0..9}}",
            "{0..9999999}",
            "{0..999}{0..999}{0..9}")) {
      DataException e =
          assertThrows(DataException.class, () -> BracePattern.expand(senseless), senseless);
      assertTrue(e.toString().contains("mend the pattern"), e.toString());
    }
  }
}
