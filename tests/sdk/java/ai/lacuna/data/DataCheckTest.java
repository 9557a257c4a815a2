package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.DataReport.Problem;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Resize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCheckTest {
  private final Path root;

  DataCheckTest(@TempDir Path root) {
    this.root = root;
  }

  @Test
  void findsNothingInCleanData() throws IOException {
    write("train/a/1.png", smooth(1, 3));
    write("train/b/1.png", smooth(2, 3));
    write("test/a/1.png", smooth(3, 3));
    write("test/b/1.png", smooth(4, 3));
    DataReport report = DataCheck.open(root.toString()).run();
    assertTrue(report.clean(), report.toJson());
    assertEquals(List.of("train", "test"), names(report));
    assertEquals(Map.of("a", 1, "b", 1), report.parts().get(0).classes());
    assertEquals(Map.of("40 x 48", 2), report.parts().get(0).sizes());
    assertEquals(Map.of("RGB", 2), report.parts().get(0).colours());
  }

  @Test
  void goesOnAfterEveryKindOfBadFile() throws IOException {
    for (int i = 0; i < 10; i++) {
      write("a/%d.png".formatted(i), smooth(i, 3));
    }
    write("a/odd.png", Resize.resize(smooth(50, 3), whole(3), 20, 24, Interpolation.BICUBIC));
    Files.write(root.resolve("a/empty.jpg"), new byte[0]);
    Files.writeString(root.resolve("a/lfs.png"), "version https://git-lfs.github.com/spec/v1\n");
    Files.writeString(root.resolve("a/page.jpg"), "<!DOCTYPE html><html></html>");
    byte[] png = Files.readAllBytes(root.resolve("a/0.png"));
    Files.write(root.resolve("a/cut.png"), Arrays.copyOf(png, png.length / 2));
    Files.copy(root.resolve("a/odd.png"), root.resolve("a/named-wrongly.jpg"));
    Files.delete(root.resolve("a/odd.png"));
    Files.writeString(root.resolve("a/notes.txt"), "x");
    Files.writeString(root.resolve("a/.DS_Store"), "x");
    Files.writeString(root.resolve("readme.md"), "x");
    Files.createDirectory(root.resolve("nothing"));

    DataReport report = DataCheck.open(root.toString()).withLeastSize(28, 28).run();
    DataReport.Part part = report.parts().get(0);
    assertFalse(report.clean());
    assertEquals(15, part.images());
    assertEquals(
        List.of("a/cut.png", "a/empty.jpg", "a/lfs.png", "a/page.jpg"),
        part.corrupt().stream().map(Problem::image).toList());
    assertTrue(part.corrupt().get(2).reason().contains("git lfs pull"), part.corrupt().toString());
    assertEquals(List.of("a/notes.txt", "readme.md"), part.strays());
    assertEquals(List.of("nothing"), part.emptyClasses());
    assertEquals(List.of("a/named-wrongly.jpg (20 x 24)"), part.oddSized());
    assertEquals(List.of("a/named-wrongly.jpg (20 x 24)"), part.small());
    assertEquals(List.of("a/named-wrongly.jpg"), part.wrongSuffix());
    assertEquals(1, part.hidden());
    assertEquals(11, part.classes().get("a"));
  }

  @Test
  void findsEqualPixelsInOtherFormatsClassesAndParts() throws IOException {
    Pixels grey = smooth(1, 1);
    write("train/a/1.png", grey);
    write("train/a/2.png", smooth(2, 3));
    write("train/b/copy.bmp", grey.withChannels(3));
    write("train/b/2.png", smooth(3, 3));
    write("test/a/again.gif", grey);
    write("test/b/1.png", smooth(4, 3));
    DataReport report = DataCheck.open(root.toString()).run();
    assertEquals(1, report.duplicates().size());
    DataReport.Group group = report.duplicates().get(0);
    assertEquals(List.of("train/a/1.png", "train/b/copy.bmp", "test/a/again.gif"), group.images());
    assertEquals(List.of("a", "b"), group.classes());
    assertEquals(List.of("test", "train"), group.parts());
    assertEquals(List.of("test/a/again.gif"), report.overlap());
    assertTrue(report.nearDuplicates().isEmpty());
    assertEquals(1, report.parts().get(0).colours().get("grey as RGB"));
  }

  @Test
  void findsThePictureStoredAgain() throws IOException {
    Pixels picture = smooth(7, 3);
    write("a/1.png", picture);
    write("a/lossy.jpg", picture);
    write("a/larger.png", Resize.resize(picture, whole(3), 80, 96, Interpolation.BICUBIC));
    write("a/another.png", smooth(8, 3));
    DataReport report = DataCheck.open(root.toString()).run();
    assertEquals(1, report.nearDuplicates().size());
    assertEquals(
        List.of("a/1.png", "a/larger.png", "a/lossy.jpg"), report.nearDuplicates().get(0).images());
    assertTrue(report.duplicates().isEmpty());
    assertTrue(
        DataCheck.open(root.toString()).withNearDuplicates(false).run().nearDuplicates().isEmpty());
  }

  @Test
  void findsThePairsThatAllComparisonsFind() {
    Random random = new Random(5);
    byte[][] thumbnails = new byte[400][ImageLook.SIDE * ImageLook.SIDE];
    for (int i = 0; i < thumbnails.length; i++) {
      int base = i % 40;
      for (int k = 0; k < thumbnails[i].length; k++) {
        thumbnails[i][k] = (byte) (base * 5 + k % 7 + random.nextInt(5));
      }
    }
    List<NearDuplicates.Pair> pairs = NearDuplicates.pairs(List.of(thumbnails));
    int expected = 0;
    for (int i = 0; i < thumbnails.length; i++) {
      for (int j = i + 1; j < thumbnails.length; j++) {
        double distance = ImageLook.distance(thumbnails[i], thumbnails[j]);
        boolean near = distance <= NearDuplicates.THUMBNAIL_DISTANCE;
        expected += near ? 1 : 0;
        assertEquals(near, pairs.contains(new NearDuplicates.Pair(i, j)), i + ", " + j);
      }
    }
    assertEquals(expected, pairs.size());
    assertTrue(expected > 100, "pairs " + expected);
  }

  @Test
  void takesDataSetsThatAreNoFolders() throws IOException {
    LabelledData sample = FashionMnist.sample();
    LabelledData both = new LabelledData(sample.test(), sample.test());
    DataReport report = DataCheck.of("twice", both).withNearDuplicates(false).run();
    assertEquals(1000, report.overlap().size());
    assertEquals("test #0", report.overlap().get(0));
    assertEquals(1000, report.duplicates().size());
    assertTrue(report.parts().get(0).clean());
  }

  /** What 'lacuna data pack' makes of images without a test part. */
  @Test
  void takesShardsThatAreOnePart() throws IOException {
    Path shard = root.resolve("a-000.tar");
    Files.write(shard, new TarBuilder().images(0, 3).add("x.png", TarBuilder.png(1)).build());
    String without =
        String.valueOf(
            assertThrows(DataException.class, () -> DataCheck.open(root.toString())).getMessage());
    assertTrue(without.contains("expected a label in .cls or .json"), without);
    TarBuilder tar = new TarBuilder().images(0, 3).add("twin.png", TarBuilder.png(1));
    Files.write(shard, tar.add("twin.cls", "1").add("cut.png", "x").add("cut.cls", "1").build());
    for (String source : List.of(root.toString(), shard.toString(), root + "/a-{000..000}.tar")) {
      DataReport report = DataCheck.open(source).run();
      assertEquals(5, report.parts().get(0).images(), source);
      assertEquals(1, report.parts().get(0).corrupt().size(), source);
      String duplicates = report.duplicates().toString();
      assertTrue(duplicates.contains("a-000.tar, member 000001"), duplicates);
      assertTrue(duplicates.contains("a-000.tar, member twin"), duplicates);
    }
  }

  @Test
  void aCutShardIsSaidToBeOne() throws IOException {
    byte[] whole = new TarBuilder().images(0, 3).build();
    Files.write(root.resolve("a.tar"), Arrays.copyOf(whole, 1200));
    String message =
        String.valueOf(
            assertThrows(DataException.class, () -> DataCheck.open(root.toString())).getMessage());
    assertTrue(message.contains("a.tar: expected a whole archive"), message);
  }

  /** As of vehicles: what is read for training must be what is checked. */
  @Test
  void aClassMayBeCalledTrain() throws IOException {
    for (String name : List.of("bus", "car", "train")) {
      write(name + "/1.png", smooth(name.length() + name.charAt(0), 3));
    }
    DataReport report = DataCheck.open(root.toString()).run();
    assertTrue(report.clean(), report.toJson());
    assertEquals(Map.of("bus", 1, "car", 1, "train", 1), report.parts().get(0).classes());
  }

  @Test
  void aTrainingPartMayBeAlone() throws IOException {
    write("train/a/1.png", smooth(1, 3));
    write("train/b/1.png", smooth(2, 3));
    Files.writeString(root.resolve("readme.md"), "x");
    DataReport report = DataCheck.open(root.toString()).run();
    assertEquals(List.of("train"), names(report));
    assertEquals(Map.of("a", 1, "b", 1), report.parts().get(0).classes());
  }

  /** A pretraining takes them: labels are not looked at. */
  @Test
  void takesFoldersOfAnyDepth() throws IOException {
    write("2024/may/1.png", smooth(1, 3));
    write("2024/june/1/1.png", smooth(2, 3));
    write("2025/may/1.png", smooth(1, 3));
    DataReport report = DataCheck.open(root.toString()).run();
    assertEquals(3, report.parts().get(0).images());
    assertEquals(Map.of(), report.parts().get(0).classes());
    assertEquals(
        List.of(root.resolve("2024/may/1.png").toString(), root.resolve("2025/may/1.png") + ""),
        report.duplicates().get(0).images());
  }

  /** As an archive is unpacked: a training looks into it for the classes. */
  @Test
  void classesMayLieInTheOnlyFolder() throws IOException {
    write("flowers/rose/1.png", smooth(1, 3));
    write("flowers/tulip/1.png", smooth(2, 3));
    Files.writeString(root.resolve("flowers/tulip/notes.txt"), "x");
    DataReport report = DataCheck.open(root.toString()).run();
    assertEquals(Map.of("rose", 1, "tulip", 1), report.parts().get(0).classes());
    assertEquals(List.of("flowers/tulip/notes.txt"), report.parts().get(0).strays());
  }

  @Test
  void refusesWhatHoldsNoImage() throws IOException {
    Files.writeString(root.resolve("notes.txt"), "x");
    assertThrows(DataException.class, () -> DataCheck.open(root.toString()));
    assertThrows(DataException.class, () -> DataCheck.open(root + "/missing"));
  }

  private static List<String> names(DataReport report) {
    return report.parts().stream().map(DataReport.Part::name).toList();
  }

  private static Box whole(int channels) {
    return Box.whole(smooth(0, channels));
  }

  private void write(String name, Pixels image) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    String format = name.substring(name.lastIndexOf('.') + 1);
    assertTrue(ImageIO.write(image.toBufferedImage(), format, file.toFile()));
  }

  /** A picture of low frequencies, another for each seed; 40 × 48. */
  private static Pixels smooth(int seed, int channels) {
    Random random = new Random(seed);
    byte[] coarse = new byte[5 * 6 * channels];
    random.nextBytes(coarse);
    Pixels small = Pixels.of(5, 6, channels, coarse);
    return Resize.resize(small, Box.whole(small), 40, 48, Interpolation.BILINEAR);
  }
}
