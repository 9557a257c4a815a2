package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WebDatasetTest {
  private static final int BLOCK = 512;

  private final Path folder;

  WebDatasetTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private EncodedDataset open(byte[] shard) throws IOException {
    return WebDataset.open(List.of(file("shard.tar", shard)));
  }

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  private void assertRejected(TarBuilder shard, String... parts) throws IOException {
    byte[] plain = shard.build();
    for (byte[] content : List.of(plain, IdxDatasetTest.gzip(plain))) {
      DataException e = assertThrows(DataException.class, () -> open(content));
      for (String part : parts) {
        assertTrue(e.toString().contains(part), e.toString());
      }
      assertTrue(e.toString().contains("shard.tar"), e.toString());
      assertFalse(String.valueOf(e.getMessage()).contains("\n"), e.toString());
    }
  }

  @Test
  void tellsGzipByItsContentAndNotByTheName() throws IOException {
    byte[] plain = new TarBuilder().images(0, 3).build();
    EncodedDataset zipped = open(IdxDatasetTest.gzip(plain));
    assertEquals(2, TarBuilder.number(zipped.get(2).pixels()));
    EncodedDataset misnamed = WebDataset.open(List.of(file("shard.tar.gz", plain)));
    assertEquals(2, TarBuilder.number(misnamed.get(2).pixels()));
  }

  @Test
  void numbersSamplesThroughShardsInTheOrderOfTheirImages() throws IOException {
    new TarBuilder()
        .add("b.cls", "1")
        .add("a.png", TarBuilder.png(7))
        .add("a.cls", "0")
        .add("b.png", TarBuilder.png(8))
        .write(folder.resolve("0.tar"));
    new TarBuilder().images(9, 10).write(folder.resolve("1.tar.gz"));
    for (List<String> names : List.of(List.of("0.tar"), List.of("0.tar", "1.tar.gz"))) {
      EncodedDataset data = WebDataset.open(names.stream().map(folder::resolve).toList());
      for (int i = 0; i < data.size(); i++) {
        assertEquals(7 + i, TarBuilder.number(data.get(i).pixels()));
        assertEquals(new int[] {0, 1, 0}[i], data.label(i));
      }
    }
  }

  @Test
  void rejectsEveryTruncationOfAPlainShard() throws IOException {
    byte[] shard = new TarBuilder().images(0, 2).build();
    // Behind the last member come the end marker, two blocks of zeros, and padding.
    int end = shard.length;
    while (shard[end - 1] == 0) {
      end--;
    }
    int members = (end + BLOCK - 1) / BLOCK * BLOCK;
    for (int length = 0; length < members + BLOCK; length += 100) {
      byte[] cut = Arrays.copyOf(shard, length);
      DataException e = assertThrows(DataException.class, () -> open(cut), "at " + length);
      assertTrue(e.toString().contains("shard.tar: expected"), e.toString());
    }
    assertThrows(DataException.class, () -> open(Arrays.copyOf(shard, members)));
    assertEquals(2, open(Arrays.copyOf(shard, members + BLOCK)).size());
  }

  @Test
  void rejectsEveryTruncationOfAGzippedShard() throws IOException {
    byte[] shard = IdxDatasetTest.gzip(new TarBuilder().images(0, 2).build());
    for (int length = 0; length < shard.length; length++) {
      byte[] cut = Arrays.copyOf(shard, length);
      DataException e = assertThrows(DataException.class, () -> open(cut), "at " + length);
      assertTrue(e.toString().contains("shard.tar: expected"), e.toString());
    }
  }

  @Test
  void rejectsAFlippedBitInAGzippedShard() throws IOException {
    byte[] shard = IdxDatasetTest.gzip(new TarBuilder().images(0, 2).build());
    shard[shard.length - 6] ^= 4;
    DataException e = assertThrows(DataException.class, () -> open(shard));
    assertTrue(e.toString().contains("found damage"), e.toString());
  }

  @Test
  void rejectsADamagedHeader() throws IOException {
    byte[] shard = new TarBuilder().images(0, 2).build();
    shard[4] ^= 1;
    assertThrows(DataException.class, () -> open(shard));
    shard[4] ^= 1;
    Arrays.fill(shard, 2 * BLOCK + 124, 2 * BLOCK + 135, (byte) '7');
    assertThrows(DataException.class, () -> open(shard));
  }

  @Test
  void rejectsArchivesJoinedToOne() throws IOException {
    byte[] one = new TarBuilder().images(0, 2).build();
    byte[] two = Arrays.copyOf(one, 2 * one.length);
    System.arraycopy(one, 0, two, one.length, one.length);
    for (byte[] shard : List.of(two, IdxDatasetTest.gzip(two))) {
      DataException e = assertThrows(DataException.class, () -> open(shard));
      assertTrue(e.toString().contains("joined"), e.toString());
    }
  }

  /** The header of the second one stands where most archives have a second block of zeros. */
  @Test
  void rejectsAnArchiveJoinedBehindOneBlockOfZeros() throws IOException {
    byte[] one = new TarBuilder().add("a.png", TarBuilder.png(7)).build();
    byte[] two = new TarBuilder().add("b.png", new byte[0]).build();
    byte[] joined = Arrays.copyOf(one, 3 * BLOCK + two.length);
    System.arraycopy(two, 0, joined, 3 * BLOCK, two.length);
    for (byte[] shard : List.of(joined, IdxDatasetTest.gzip(joined))) {
      DataException e = assertThrows(DataException.class, () -> open(shard));
      assertTrue(e.toString().contains("joined"), e.toString());
    }
    byte[] alone = Arrays.copyOf(one, 3 * BLOCK);
    assertEquals(1, open(IdxDatasetTest.gzip(alone)).size());
  }

  @Test
  void rejectsADuplicateMember() throws IOException {
    assertRejected(
        new TarBuilder().images(0, 3).add("000001.cls", "2"), "000001.cls", "found it twice");
    assertRejected(
        new TarBuilder().images(0, 3).add("000001.png", TarBuilder.png(1)), "found it twice");
    assertRejected(
        new TarBuilder().images(0, 3).add("000001.jpg", TarBuilder.png(1)),
        "000001.jpg: expected one image in a sample, found 000001.png");
  }

  @Test
  void rejectsAMissingLabelAndAMissingImage() throws IOException {
    assertRejected(
        new TarBuilder().images(0, 3).add("x.png", TarBuilder.png(1)),
        "member x.png: expected a label");
    assertRejected(
        new TarBuilder().images(0, 3).add("x.cls", "1"), "member x: expected an image beside");
    // Where labels are not looked at, none is missing.
    new TarBuilder().images(0, 3).add("x.png", TarBuilder.png(1)).write(folder.resolve("u.tar"));
    assertEquals(4, WebDataset.openUnlabelled(List.of(folder.resolve("u.tar"))).size());
  }

  @Test
  void rejectsLabelsThatAreNone() throws IOException {
    for (String label : List.of("", "cat", "-1", "1.5", "99999999999", "1 2")) {
      assertRejected(
          new TarBuilder().images(0, 3).add("x.png", TarBuilder.png(1)).add("x.cls", label),
          "member x.cls: expected a label from 0");
    }
    assertRejected(
        new TarBuilder().add("x.png", TarBuilder.png(1)).add("x.json", "{\"label\": true}"),
        "member x.json: expected a name, a number or several as label, found true");
    assertRejected(
        new TarBuilder().add("x.png", TarBuilder.png(1)).add("x.json", "{\"label\": "),
        "expected a JSON object");
  }

  @Test
  void readsLabelsOfJsonButPrefersCls() throws IOException {
    TarBuilder shard = new TarBuilder();
    shard.add("a.png", TarBuilder.png(1)).add("a.json", "{\"cls\": 4, \"x\": [1]}");
    shard.add("b.json", "{\"label\": 5}").add("b.png", TarBuilder.png(1)).add("b.cls", "6\n");
    shard.add("c.cls", "7").add("c.png", TarBuilder.png(1)).add("c.json", "{\"label\": 5}");
    EncodedDataset data = open(shard.build());
    assertEquals(List.of(4, 6, 7), List.of(data.label(0), data.label(1), data.label(2)));
  }

  /** Their contents are passed over, and are not taken for long headers. */
  @Test
  void membersOfSeveralMegabytesAreNoHeaders() throws IOException {
    byte[] large = new byte[(3 << 20) + 1];
    new Random(1).nextBytes(large);
    TarBuilder shard = new TarBuilder().images(0, 1).add("video.mp4", large);
    byte[] plain = shard.add("1.png", large).add("1.cls", "2").images(2, 3).build();
    for (byte[] content : List.of(plain, IdxDatasetTest.gzip(plain))) {
      EncodedDataset data = open(content);
      assertEquals(3, data.size());
      assertArrayEquals(large, data.encoded(1).bytes());
      assertEquals(2, data.label(1));
      assertEquals(2, TarBuilder.number(data.get(2).pixels()));
    }
  }

  /** As {@code tar --sparse --format=pax} packs a file with holes: a map of them, then the rest. */
  private static byte[] withSparse(int pieces, String name) throws IOException {
    StringBuilder map = new StringBuilder().append(pieces).append('\n');
    for (int i = 0; i < pieces; i++) {
      map.append(i * 8L * BLOCK).append('\n').append(BLOCK).append('\n');
    }
    int mapped = (map.length() + BLOCK - 1) / BLOCK * BLOCK;
    byte[] content =
        Arrays.copyOf(map.toString().getBytes(StandardCharsets.US_ASCII), mapped + pieces * BLOCK);
    Arrays.fill(content, mapped, content.length, (byte) 7);
    String header =
        "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n%d GNU.sparse.name=%s\n"
                .formatted(20 + name.length(), name)
            + "31 GNU.sparse.realsize=%07d\n".formatted(pieces * 8L * BLOCK);
    TarArchiveEntry pax =
        new TarArchiveEntry("PaxHeaders/it", TarConstants.LF_PAX_EXTENDED_HEADER_LC);
    pax.setSize(header.length());
    TarArchiveEntry file = new TarArchiveEntry("GNUSparseFile.0/it");
    file.setSize(content.length);
    return new TarBuilder()
        .images(0, 1)
        .add(pax, header.getBytes(StandardCharsets.US_ASCII))
        .add(file, content)
        .build();
  }

  /** Behind it nothing is missed, and what it takes in the archive is not counted for more. */
  @Test
  void passesOverASparseMemberThatIsNoSample() throws IOException {
    for (int pieces : List.of(1, 10, 2000)) {
      byte[] sparse = withSparse(pieces, "sp.bin");
      byte[] end = new TarBuilder().images(1, 2).build();
      int members = sparse.length;
      while (sparse[members - 1] == 0) {
        members--;
      }
      byte[] last = Arrays.copyOf(sparse, (members + BLOCK - 1) / BLOCK * BLOCK + BLOCK);
      byte[] between = Arrays.copyOf(sparse, last.length - BLOCK + end.length);
      System.arraycopy(end, 0, between, last.length - BLOCK, end.length);
      for (byte[] content : List.of(last, IdxDatasetTest.gzip(last))) {
        assertEquals(1, open(content).size());
      }
      for (byte[] content : List.of(between, IdxDatasetTest.gzip(between))) {
        EncodedDataset data = open(content);
        assertEquals(2, data.size());
        assertEquals(1, TarBuilder.number(data.get(1).pixels()));
      }
      byte[] image = withSparse(pieces, "sp.png");
      for (byte[] content : List.of(image, IdxDatasetTest.gzip(image))) {
        DataException e = assertThrows(DataException.class, () -> open(content));
        assertTrue(e.toString().contains("sp.png: expected a plain file"), e.toString());
      }
    }
  }

  @Test
  void doesNotReadWhatItPassesOver() throws IOException {
    byte[] shard = new TarBuilder().add("video.mp4", new byte[4 << 20]).images(0, 1).build();
    long[] read = new long[1];
    InputStream counting =
        new ByteArrayInputStream(shard) {
          @Override
          public synchronized int read(byte[] bytes, int offset, int length) {
            int count = super.read(bytes, offset, length);
            read[0] += Math.max(0, count);
            return count;
          }
        };
    try (TarMembers members = new TarMembers(counting, "shard.tar")) {
      int seen = 0;
      while (members.next().isPresent()) {
        seen++;
      }
      assertEquals(3, seen);
    }
    assertTrue(read[0] < shard.length - (4 << 20), read[0] + " of " + shard.length);
  }

  @Test
  void leavesAloneWhatIsNoSample() throws IOException {
    TarBuilder shard = new TarBuilder().images(0, 2);
    shard.add(".DS_Store", "x").add("._000000.png", "x").add("a/._b.png", "x").add("README", "x");
    shard.add("000000.txt", "a caption").add("000000.seg.png", "not the image");
    assertEquals(2, open(shard.build()).size());
  }

  /** What macOS, tar programs, WebDataset and people put beside samples. */
  @Test
  void passesOverStraysThatLookLikeMembersOfSamples() throws IOException {
    TarBuilder shard = new TarBuilder().add("classes.json", "[\"a\"]").images(0, 2);
    shard.add("__MACOSX/000009.png", "x").add("a/__MACOSX/b/000009.cls", "x");
    shard.add("PaxHeaders.12/000001.png", "30 mtime=1").add("./PaxHeader/1.png", "30 mtime=1");
    shard.add("__meta__/index.cls", "of the shard").add("info/meta.json", "{\"label\": 0.5}");
    byte[] plain = shard.images(2, 3).build();
    for (byte[] content : List.of(plain, IdxDatasetTest.gzip(plain))) {
      EncodedDataset data = open(content);
      assertEquals(3, data.size());
      for (int i = 0; i < 3; i++) {
        assertEquals(i, TarBuilder.number(data.get(i).pixels()));
        assertEquals(i, data.label(i));
      }
      assertEquals(
          List.of("classes.json", "info/meta.json"),
          TarShard.index(folder.resolve("shard.tar"), Labelling.classes()).strays());
    }
  }

  @Test
  void aFolderThatMerelyResemblesThemHoldsSamples() throws IOException {
    TarBuilder shard = new TarBuilder();
    shard.add("x/__meta__/1.png", TarBuilder.png(1)).add("__data/2.png", TarBuilder.png(2));
    shard.add("__meta__.png", TarBuilder.png(3)).add("MACOSX/4.png", TarBuilder.png(4));
    assertEquals(4, open(shard.build()).size());
  }

  @Test
  void aDamagedJsonMattersNotWhereAClsTellsTheLabel() throws IOException {
    TarBuilder shard = new TarBuilder().add("0.json", "{").add("0.png", TarBuilder.png(1));
    assertEquals(2, open(shard.add("0.cls", "2").build()).label(0));
  }

  @Test
  void rejectsLinksAndShardsWithoutImages() throws IOException {
    TarArchiveEntry link = new TarArchiveEntry("x.png", TarConstants.LF_SYMLINK);
    link.setLinkName("/etc/passwd");
    assertRejected(new TarBuilder().images(0, 2).add(link, new byte[0]), "expected a plain file");
    assertRejected(new TarBuilder().add("a.txt", "x"), "expected members that are images");
    assertRejected(new TarBuilder(), "expected members that are images");
  }

  @Test
  void rejectsStandIns() throws IOException {
    assertMessage("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull");
    assertMessage("<!DOCTYPE html><html>404</html>", "a web page");
    assertMessage("", "an empty file");
    assertMessage("something else altogether".repeat(40), "expected a sound tar archive");
    assertThrows(DataException.class, () -> WebDataset.open(List.of(folder.resolve("none.tar"))));
    assertThrows(DataException.class, () -> WebDataset.open(List.of()));
  }

  private void assertMessage(String content, String part) throws IOException {
    Path file = Files.writeString(folder.resolve("x.tar"), content);
    DataException e = assertThrows(DataException.class, () -> WebDataset.open(List.of(file)));
    assertTrue(e.toString().contains(part), e.toString());
  }

  @Test
  void rejectsClassNamesThatDoNotFit() throws IOException {
    byte[] shard = new TarBuilder().images(0, 3).build();
    Files.writeString(folder.resolve("classes.json"), "[\"a\", \"b\"]");
    DataException few = assertThrows(DataException.class, () -> open(shard));
    assertTrue(few.toString().contains("expected a name for each of the labels 0 to 2"));
    Files.writeString(folder.resolve("classes.json"), "{\"a\": 1}");
    assertThrows(DataException.class, () -> open(shard));
  }

  @Test
  void noticesAShardThatWasCutWhileInUse() throws IOException {
    byte[] shard = new TarBuilder().images(0, 3).build();
    for (byte[] content : List.of(shard, IdxDatasetTest.gzip(shard))) {
      EncodedDataset data = open(content);
      file("shard.tar", Arrays.copyOf(content, content.length / 8));
      assertThrows(DataException.class, () -> data.get(2));
    }
  }

  @Test
  void readsFromSeveralThreadsAtOnce() throws Exception {
    byte[] shard = new TarBuilder().images(0, 200).build();
    for (byte[] content : List.of(shard, IdxDatasetTest.gzip(shard))) {
      EncodedDataset data = open(content);
      List<Integer> read =
          java.util.stream.IntStream.range(0, 200)
              .parallel()
              .mapToObj(
                  i -> {
                    try {
                      return TarBuilder.number(data.get(i).pixels());
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  })
              .toList();
      assertEquals(java.util.stream.IntStream.range(0, 200).boxed().toList(), read);
    }
  }
}
