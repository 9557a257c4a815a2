package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lmdbjava.ByteArrayProxy;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.Txn;

/** The oracle is LMDB's own library, through lmdbjava; the reader under test does without it. */
class LmdbDatasetTest {
  private static final int PAGE = 4096;

  private final Path folder;

  LmdbDatasetTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static byte[] key(String key) {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  private static Env<byte[]> env(Path file) {
    return Env.create(ByteArrayProxy.PROXY_BA)
        .setMapSize(64 << 20)
        .setMaxDbs(2)
        .open(file.toFile(), EnvFlags.MDB_NOSUBDIR, EnvFlags.MDB_NOLOCK);
  }

  /** Writes entries in one transaction each hundred. */
  private Path write(String name, Map<String, byte[]> entries) {
    Path file = folder.resolve(name);
    try (Env<byte[]> env = env(file)) {
      Dbi<byte[]> db = env.openDbi((byte[]) null);
      Txn<byte[]> txn = env.txnWrite();
      int count = 0;
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        db.put(txn, key(entry.getKey()), entry.getValue());
        if (++count % 100 == 0) {
          txn.commit();
          txn.close();
          txn = env.txnWrite();
        }
      }
      txn.commit();
      txn.close();
    }
    return file;
  }

  private static Map<String, byte[]> random(int count, long seed) {
    Random random = new Random(seed);
    Map<String, byte[]> entries = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      byte[] value = new byte[random.nextInt(i % 20 == 0 ? 3 * PAGE : 300)];
      random.nextBytes(value);
      // Long keys leave room for few in a page, and so make the tree deep.
      entries.put("key".repeat(60) + Integer.toString(random.nextInt(1 << 30), 36), value);
    }
    return entries;
  }

  @Test
  void findsEveryEntryOfADeepTree() throws IOException {
    Map<String, byte[]> entries = random(2000, 1);
    Path file = write("deep.mdb", entries);
    try (Env<byte[]> env = env(file)) {
      assertTrue(env.stat().depth >= 3, "depth " + env.stat().depth);
      // Deleting and writing again leaves free pages and pages half full.
      Dbi<byte[]> db = env.openDbi((byte[]) null);
      try (Txn<byte[]> txn = env.txnWrite()) {
        for (String key : entries.keySet().stream().filter(k -> k.hashCode() % 3 == 0).toList()) {
          db.delete(txn, key(key));
          entries.remove(key);
        }
        txn.commit();
      }
    }
    assertEntries(entries, file);
  }

  @Test
  void readsValuesOfAllLengths() throws IOException {
    Map<String, byte[]> entries = new TreeMap<>();
    for (int length = 0; length < 3 * PAGE; length += length < 100 ? 1 : 97) {
      byte[] value = new byte[length];
      Arrays.fill(value, (byte) length);
      entries.put("%06d".formatted(length), value);
    }
    for (int length = PAGE - 30; length < PAGE + 10; length++) {
      entries.put("%06d".formatted(length), new byte[length]);
    }
    assertEntries(entries, write("lengths.mdb", entries));
  }

  private static void assertEntries(Map<String, byte[]> expected, Path file) throws IOException {
    Map<String, byte[]> found = new TreeMap<>();
    for (LmdbTree.Entry entry : LmdbTree.read(file)) {
      found.put(
          new String(entry.key(), StandardCharsets.UTF_8),
          FileSlice.read(file, entry.offset(), entry.length()));
    }
    assertEquals(expected.keySet(), found.keySet());
    expected.forEach(
        (key, value) -> assertTrue(Arrays.equals(value, found.get(key)), "value of " + key));
  }

  @Test
  void rejectsEveryTruncation() throws IOException {
    byte[] file = Files.readAllBytes(DataFixture.path("lmdb/data.mdb"));
    for (int length = 0; length < file.length; length += length % PAGE == 0 ? 1 : PAGE / 2 - 1) {
      byte[] cut = Arrays.copyOf(file, length);
      DataException e = assertThrows(DataException.class, () -> open(cut), "at " + length);
      assertTrue(e.toString().contains("x.mdb: expected"), e.toString());
    }
    DataException e = assertThrows(DataException.class, () -> open(Arrays.copyOf(file, PAGE * 9)));
    assertTrue(e.toString().contains("expected 13 pages of 4096 bytes, found a file of"), "" + e);
  }

  /** LMDB's own library ends the process on some of these. */
  @Test
  void survivesFlippedBits() throws IOException {
    byte[] sound = Files.readAllBytes(DataFixture.path("lmdb/data.mdb"));
    Random random = new Random(5);
    int refused = 0;
    for (int i = 0; i < 300; i++) {
      byte[] file = sound.clone();
      for (int flips = 0; flips < 4; flips++) {
        // Headers and offsets lie at the fronts of pages, nodes at their backs.
        int page = random.nextInt(file.length / PAGE);
        int at = random.nextBoolean() ? random.nextInt(160) : PAGE - 1 - random.nextInt(800);
        file[page * PAGE + at] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        LmdbDataset data = open(file);
        for (int k = 0; k < data.size(); k++) {
          data.encoded(k);
        }
      } catch (DataException e) {
        refused++;
      }
    }
    assertTrue(refused > 30, refused + " refused");
  }

  @Test
  void rejectsATreeThatHasAPageTwice() throws IOException {
    Path file = write("loop.mdb", random(400, 2));
    byte[] content = Files.readAllBytes(file);
    int branches = 0;
    for (int page = 2 * PAGE; page < content.length; page += PAGE) {
      if (content[page + 10] == 1) {
        // Every child becomes the first one.
        int lower = (content[page + 12] & 0xff) + 256 * (content[page + 13] & 0xff);
        for (int at = 18; at < lower; at += 2) {
          content[page + at] = content[page + 16];
          content[page + at + 1] = content[page + 17];
        }
        branches++;
      }
    }
    assertTrue(branches > 0, "no branch page");
    assertThrows(DataException.class, () -> open(content));
  }

  @Test
  void rejectsWhatIsNoLmdbFile() throws IOException {
    for (String content :
        new String[] {"version https://git-lfs.github.com/spec/v1\n", "", "x".repeat(9000)}) {
      assertThrows(
          DataException.class, () -> open(content.getBytes(StandardCharsets.UTF_8)), content);
    }
  }

  @Test
  void rejectsNamedDatabasesAndSeveralValuesForAKey() {
    Path file = folder.resolve("named.mdb");
    try (Env<byte[]> env = env(file)) {
      Dbi<byte[]> db = env.openDbi("train", DbiFlags.MDB_CREATE);
      db.put(key("a"), key("b"));
    }
    DataException e = assertThrows(DataException.class, () -> LmdbDataset.open(file));
    assertTrue(e.toString().contains("found a named database"), e.toString());
    Path several = folder.resolve("several.mdb");
    try (Env<byte[]> env = env(several)) {
      env.openDbi((byte[]) null, DbiFlags.MDB_DUPSORT).put(key("a"), key("b"));
    }
    DataException two = assertThrows(DataException.class, () -> LmdbDataset.open(several));
    assertTrue(two.toString().contains("found several values for a key"), two.toString());
  }

  @Test
  void rejectsMissingLabelsAndMissingImages() throws IOException {
    Map<String, byte[]> entries = new TreeMap<>();
    DataException none =
        assertThrows(DataException.class, () -> LmdbDataset.open(write("0", entries)));
    assertTrue(none.toString().contains("found none"), none.toString());
    entries.put("a.png", TarBuilder.png(1));
    entries.put("b.png", TarBuilder.png(2));
    assertEquals(2, LmdbDataset.open(write("1", entries)).size());
    entries.put("a.cls", key("1"));
    assertMessage(entries, "key b.png: expected a label under b.cls");
    entries.put("b.png.cls", key("2"));
    assertEquals(2, LmdbDataset.open(write("2", entries)).label(1));
    entries.put("c.cls", key("2"));
    assertMessage(entries, "key c.cls: expected an image");
    entries.remove("c.cls");
    entries.put("a.cls", key("cat"));
    assertMessage(entries, "key a.cls: expected a label from 0");
    assertEquals(2, LmdbDataset.openUnlabelled(write("3", entries)).size());
  }

  private void assertMessage(Map<String, byte[]> entries, String part) throws IOException {
    Files.deleteIfExists(folder.resolve("m"));
    DataException e =
        assertThrows(DataException.class, () -> LmdbDataset.open(write("m", entries)));
    assertTrue(e.toString().contains(part), e.toString());
  }

  private LmdbDataset open(byte[] content) throws IOException {
    return LmdbDataset.open(Files.write(folder.resolve("x.mdb"), content));
  }
}
