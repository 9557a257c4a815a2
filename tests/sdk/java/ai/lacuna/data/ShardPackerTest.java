package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Resize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardPackerTest {
  private static final ShardPacker.Progress SILENT = (part, done, total) -> {};

  private final Path root;
  private final Path out;

  ShardPackerTest(@TempDir Path root) {
    this.root = root;
    this.out = root.resolve("packed");
  }

  private List<ShardPacker.Packed> pack(Path source, Packing packing) throws IOException {
    return ShardPacker.pack(source.toString(), out, packing, SILENT);
  }

  /** A folder with a train and a test part of IDX files. */
  private Path idx(int images) throws IOException {
    Path folder = Files.createDirectories(root.resolve("idx"));
    int[] labels = new int[images];
    Arrays.setAll(labels, i -> i % 4);
    for (String name : IdxFiles.NAMES) {
      boolean pixels = name.contains("images");
      Files.write(
          folder.resolve(name),
          pixels ? IdxDatasetTest.images(images, 7, 5) : IdxDatasetTest.labels(labels));
    }
    return folder;
  }

  private static List<String> batches(ImageDataset data) {
    List<String> batches = new ArrayList<>();
    try (Loader loader =
        Loader.builder(data)
            .batchSize(8)
            .shuffle(true)
            .epoch(3)
            .transform(RandomResizedCrop.of(6, 6, 0.2))
            .build()) {
      for (Batch batch : loader) {
        byte[] images = new byte[batch.images().remaining()];
        batch.images().get(images);
        batches.add(Arrays.toString(batch.ids()) + Arrays.toString(images));
      }
    }
    return batches;
  }

  private static byte[] bytes(Path folder) throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        all.append(folder.relativize(file)).append(Arrays.toString(Files.readAllBytes(file)));
      }
    }
    return all.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void namesShardsAndMembersAlikeInEveryLanguage() throws IOException {
    Path source = idx(8);
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      pack(source, Packing.asIs());
    } finally {
      Locale.setDefault(before);
    }
    Path shard = out.resolve("train").resolve("shard-000000.tar");
    assertTrue(Files.exists(shard), shard.toString());
    String tar = Files.readString(shard, StandardCharsets.ISO_8859_1);
    assertTrue(tar.startsWith("00000000.png"), tar.substring(0, 20));
  }

  @Test
  void packedPixelsGiveTheSameBatches() throws IOException {
    Path source = idx(50);
    pack(source, Packing.asIs().withShards(20, 1_000_000));
    LabelledData before = LabelledData.open(source.toString());
    LabelledData after = LabelledData.open(out.toString());
    assertEquals(batches(before.train()), batches(after.train()));
    assertEquals(batches(before.train()), batches(ImageDataset.open(out.toString())));
    assertEquals(before.test().classNames(), after.test().classNames());
    for (int i = 0; i < 50; i++) {
      assertEquals(before.test().label(i), after.test().label(i));
    }
  }

  @Test
  void packsTheSameBytesEachTime() throws IOException {
    Path source = idx(300);
    pack(source, Packing.asIs().withShards(40, 30_000));
    byte[] first = bytes(out);
    ShardPacker.pack(
        source.toString(), root.resolve("again"), Packing.asIs().withShards(40, 30_000), SILENT);
    assertArrayEquals(first, bytes(root.resolve("again")));
  }

  @Test
  void endsShardsByImagesAndByBytes() throws IOException {
    Path source = idx(50);
    assertEquals(3, pack(source, Packing.asIs().withShards(20, 1_000_000)).get(0).shards());
    // An image and its label take four blocks of 512 bytes, the end marker two.
    List<ShardPacker.Packed> packed =
        ShardPacker.pack(
            source.toString(), root.resolve("small"), Packing.asIs().withShards(20, 8192), SILENT);
    assertEquals(17, packed.get(1).shards());
    assertEquals(50, packed.get(1).images());
    try (Stream<Path> shards = Files.list(root.resolve("small/test"))) {
      long bytes = 0;
      for (Path shard : shards.filter(f -> f.toString().endsWith(".tar")).toList()) {
        assertTrue(Files.size(shard) <= 8192, shard + " has " + Files.size(shard));
        bytes += Files.size(shard);
      }
      assertEquals(packed.get(1).bytes(), bytes);
    }
    assertEquals(50, ImageDataset.open(root.resolve("small").toString()).size());
  }

  @Test
  void anImageLongerThanAShardGetsOneOfItsOwn() throws IOException {
    Path source = idx(3);
    assertEquals(3, pack(source, Packing.asIs().withShards(10, 1)).get(0).shards());
  }

  @Test
  void keepsImageFilesAsTheyAre() throws IOException {
    Path source = DataFixture.path("web");
    pack(source, Packing.asIs());
    EncodedDataset before = WebDataset.open(shards(source));
    EncodedDataset after = WebDataset.open(shards(out));
    assertEquals(before.classNames(), after.classNames());
    for (int i = 0; i < before.size(); i++) {
      assertArrayEquals(before.encoded(i).bytes(), after.encoded(i).bytes());
      assertEquals(before.label(i), after.label(i));
    }
  }

  private static List<Path> shards(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".tar")).sorted().toList();
    }
  }

  private void image(String path, int height, int width) throws IOException {
    Path file = root.resolve("images").resolve(path);
    Files.createDirectories(file.getParent());
    byte[] data = new byte[height * width * 3];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) (i * i % 251);
    }
    Files.write(file, ImageEncoder.png(Pixels.of(height, width, 3, data)));
  }

  @Test
  void shrinksTheShorterSideAndEnlargesNothing() throws IOException {
    image("a/tall.png", 60, 21);
    image("a/wide.png", 20, 30);
    image("b/small.png", 8, 9);
    pack(root.resolve("images"), Packing.asIs().withSide(10));
    EncodedDataset before = ImageFolder.open(root.resolve("images"));
    EncodedDataset after = WebDataset.open(shards(out));
    Pixels tall = before.get(0).pixels();
    assertArrayEquals(
        Resize.resize(tall, Box.whole(tall), 29, 10, Interpolation.BICUBIC).data(),
        after.get(0).pixels().data());
    assertEquals("Pixels[10, 15, 3]", after.get(1).pixels().toString());
    assertArrayEquals(before.encoded(2).bytes(), after.encoded(2).bytes());
  }

  @Test
  void writesJpegWhereAskedTo() throws IOException {
    image("a/a.png", 40, 40);
    pack(root.resolve("images"), Packing.asIs().withQuality(90).withoutLabels());
    EncodedDataset data = WebDataset.open(shards(out));
    assertTrue(data.encoded(0).name().endsWith("00000000.jpg"), data.encoded(0).name());
    assertEquals("Pixels[40, 40, 3]", data.get(0).pixels().toString());
    assertEquals(Sample.NO_LABEL, data.label(0));
    assertFalse(Files.exists(out.resolve("classes.json")));
  }

  @Test
  void refusesDamagedImagesUnlessAllowed() throws IOException {
    for (int i = 0; i < 9; i++) {
      image("a/" + i + ".png", 4, 4);
    }
    Files.writeString(root.resolve("images/a/5a.png"), "<html>");
    DataException e =
        assertThrows(DataException.class, () -> pack(root.resolve("images"), Packing.asIs()));
    assertTrue(e.toString().contains("5a.png"), e.toString());
    assertFalse(Files.exists(out));
    try (Stream<Path> files = Files.list(root)) {
      assertEquals(1, files.count());
    }
    ShardPacker.Packed packed =
        pack(root.resolve("images"), Packing.asIs().withMaxCorrupt(0.1)).get(0);
    assertEquals(9, packed.images());
    assertEquals(1, packed.skipped());
    assertEquals(9, ImageDataset.open(out.toString()).size());
  }

  /** Images without class folders: pretraining takes them. */
  @Test
  void saysThatLabelsCanBeLeftOut() throws IOException {
    image("1.png", 2, 2);
    Path in = root.resolve("images");
    String message =
        String.valueOf(
            assertThrows(DataException.class, () -> pack(in, Packing.asIs())).getMessage());
    assertTrue(message.contains("expected a folder per class"), message);
    assertTrue(message.endsWith("; or leave labels out (--no-labels)"), message);
    pack(in, Packing.asIs().withoutLabels());
    assertEquals(1, ImageDataset.open(out.toString()).size());
  }

  @Test
  void overwritesNothing() throws IOException {
    Path source = idx(3);
    Files.createDirectories(out);
    Files.writeString(out.resolve("mine"), "x");
    assertThrows(FileAlreadyExistsException.class, () -> pack(source, Packing.asIs()));
    assertEquals("x", Files.readString(out.resolve("mine")));
  }

  @Test
  void refusesSettingsOutOfRange() {
    Packing packing = Packing.asIs();
    assertThrows(IllegalArgumentException.class, () -> packing.withShards(0, 1));
    assertThrows(IllegalArgumentException.class, () -> packing.withShards(1, 0));
    assertThrows(IllegalArgumentException.class, () -> packing.withSide(-1));
    assertThrows(IllegalArgumentException.class, () -> packing.withQuality(101));
    assertThrows(IllegalArgumentException.class, () -> packing.withMaxCorrupt(1.5));
  }
}
