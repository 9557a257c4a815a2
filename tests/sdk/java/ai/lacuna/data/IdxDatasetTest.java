package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxDatasetTest {
  private static final byte[] IMAGES = images(3, 2, 4);
  private static final byte[] LABELS = labels(0, 2, 1);

  private final Path folder;

  IdxDatasetTest(@TempDir Path folder) {
    this.folder = folder;
  }

  static byte[] images(int count, int height, int width) {
    ByteBuffer file = ByteBuffer.allocate(16 + count * height * width);
    file.putInt(0x0803).putInt(count).putInt(height).putInt(width);
    for (int i = 0; file.hasRemaining(); i++) {
      file.put((byte) (i * 11));
    }
    return file.array();
  }

  static byte[] labels(int... labels) {
    ByteBuffer file = ByteBuffer.allocate(8 + labels.length);
    file.putInt(0x0801).putInt(labels.length);
    for (int label : labels) {
      file.put((byte) label);
    }
    return file.array();
  }

  static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(content);
    }
    return out.toByteArray();
  }

  @Test
  void readsPlainAndGzippedPairsAlike() throws IOException {
    IdxDataset plain = open(IMAGES, LABELS);
    IdxDataset zipped = open(gzip(IMAGES), gzip(LABELS));
    for (IdxDataset data : List.of(plain, zipped)) {
      assertEquals(3, data.size());
      assertEquals(List.of("0", "1", "2"), data.classNames());
      Sample sample = data.get(1);
      assertEquals(1, sample.id());
      assertEquals(2, sample.label());
      assertEquals("Pixels[2, 4, 1]", sample.pixels().toString());
      assertArrayEquals(Arrays.copyOfRange(IMAGES, 24, 32), sample.pixels().data());
      assertThrows(IndexOutOfBoundsException.class, () -> data.get(3));
    }
    assertEquals(plain.fingerprint(), zipped.fingerprint());
    assertNotEquals(plain.fingerprint(), open(IMAGES, labels(0, 2, 2)).fingerprint());
  }

  @Test
  void rejectsEveryTruncationOfAGzippedFile() throws IOException {
    byte[] zipped = gzip(IMAGES);
    for (int length = 0; length < zipped.length; length++) {
      byte[] cut = Arrays.copyOf(zipped, length);
      assertThrows(DataException.class, () -> open(cut, LABELS), () -> "at " + cut.length);
    }
  }

  @Test
  void rejectsEveryTruncationOfAPlainFile() {
    for (int length = 1; length < IMAGES.length; length++) {
      byte[] cut = Arrays.copyOf(IMAGES, length);
      assertRejected(cut, LABELS, "cut short");
    }
  }

  @Test
  void rejectsStandIns() {
    byte[] pointer =
        "version https://git-lfs.github.com/spec/v1\n".getBytes(StandardCharsets.UTF_8);
    assertRejected(pointer, LABELS, "images: expected an IDX file, found a Git LFS pointer");
    assertRejected(new byte[0], LABELS, "images: expected an IDX file, found an empty file");
    assertRejected(IMAGES, pointer, "labels: expected an IDX file, found a Git LFS pointer");
  }

  @Test
  void rejectsAFlippedBitInAGzippedFile() throws IOException {
    byte[] zipped = gzip(IMAGES);
    zipped[zipped.length - 6] ^= 4;
    assertRejected(zipped, LABELS, "gzip");
  }

  @Test
  void rejectsExchangedFiles() {
    assertRejected(
        /* images= */ LABELS,
        /* labels= */ IMAGES,
        "expected an IDX file of 3 dimensions (magic 00000803)");
  }

  @Test
  void rejectsCountsThatDiffer() {
    assertRejected(IMAGES, labels(0, 1), "expected 3 labels");
  }

  @Test
  void rejectsBytesBehindTheEnd() {
    assertRejected(Arrays.copyOf(IMAGES, IMAGES.length + 1), LABELS, "found more");
  }

  @Test
  void rejectsAHeaderThatClaimsTooMuch() {
    byte[] huge = IMAGES.clone();
    ByteBuffer.wrap(huge).putInt(4, 0x7fffffff);
    assertRejected(huge, LABELS, "less than 2 GB");
    ByteBuffer.wrap(huge).putInt(4, -1);
    assertRejected(huge, LABELS, "less than 2 GB");
    ByteBuffer.wrap(huge).putInt(4, 100_000_000);
    assertRejected(huge, LABELS, "expected 800000000 elements, found 24");
  }

  @Test
  void rejectsAnEmptyPair() {
    assertRejected(images(0, 2, 4), labels(), "expected images");
  }

  @Test
  void rejectsALabelWithoutName() throws IOException {
    write(IMAGES, LABELS);
    DataException e =
        assertThrows(
            DataException.class,
            () ->
                IdxDataset.open(
                    "x", folder.resolve("images"), folder.resolve("labels"), List.of("a", "b")));
    assertTrue(e.toString().contains("expected labels 0 to 1, found 2"), e.toString());
  }

  @Test
  void rejectsAMissingFile() {
    Path none = folder.resolve("none");
    DataException e = assertThrows(DataException.class, () -> IdxDataset.open(none, none));
    assertTrue(e.toString().contains("check the path"), e.toString());
  }

  private void assertRejected(byte[] images, byte[] labels, String part) {
    DataException e = assertThrows(DataException.class, () -> open(images, labels));
    assertTrue(e.toString().contains(part), e.toString());
  }

  private IdxDataset open(byte[] images, byte[] labels) throws IOException {
    write(images, labels);
    return IdxDataset.open(folder.resolve("images"), folder.resolve("labels"));
  }

  private void write(byte[] images, byte[] labels) throws IOException {
    Files.write(folder.resolve("images"), images);
    Files.write(folder.resolve("labels"), labels);
  }
}
