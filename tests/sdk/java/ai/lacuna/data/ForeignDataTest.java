package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.lacuna.data.DataFixture.Expected;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data that webdataset, tarfile, LMDB's C library and TensorFlow's format description made. */
class ForeignDataTest {
  /** Milliseconds, in which the clock of a file system has moved on. */
  private static final long CLOCK = 50;

  private static List<Expected> samples(ImageDataset data) throws IOException {
    List<Expected> samples = new ArrayList<>();
    for (int i = 0; i < data.size(); i++) {
      Sample sample = data.get(i);
      assertEquals(i, sample.id());
      assertEquals(sample.label(), data.label(i));
      samples.add(Expected.of(sample));
    }
    return samples;
  }

  private static ImageDataset labelled(String source) throws IOException {
    return DataSource.of(source).parts().get(0).open(Labelling.classes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"web", "web-gz", "lmdb", "tfrecord"})
  void readsEverySampleAsItWasWritten(String name) throws IOException {
    String folder = DataFixture.path(name).toString();
    assertEquals(DataFixture.expected(name), samples(labelled(folder)));
    assertEquals(
        DataFixture.expected(name).stream().map(Expected::unlabelled).toList(),
        samples(ImageDataset.open(folder)));
  }

  @Test
  void namesTheClassesWhereTheDataDoes() throws IOException {
    for (String name : List.of("web", "lmdb", "tfrecord")) {
      ImageDataset data = labelled(DataFixture.path(name).toString());
      assertEquals(List.of("round", "square", "flat"), data.classNames(), name);
      assertEquals(List.of(), ImageDataset.open(DataFixture.path(name).toString()).classNames());
    }
    assertEquals(
        List.of("0", "1", "2"), labelled(DataFixture.path("web-gz").toString()).classNames());
  }

  @ParameterizedTest
  @ValueSource(strings = {"web", "web-gz", "lmdb", "tfrecord"})
  void refusesAnIndexThatIsNone(String name) throws IOException {
    ImageDataset data = labelled(DataFixture.path(name).toString());
    assertThrows(IndexOutOfBoundsException.class, () -> data.get(-1));
    assertThrows(IndexOutOfBoundsException.class, () -> data.get(data.size()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"web", "web-gz", "lmdb", "tfrecord"})
  void hasAFingerprintThatChangesWithTheFiles(String name, @TempDir Path copy) throws IOException {
    Path file = copy.resolve("x");
    try (var files = Files.list(DataFixture.path(name))) {
      for (Path from : files.toList()) {
        file = copy.resolve(from.getFileName().toString());
        Files.copy(from, file, StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    String before = labelled(copy.toString()).fingerprint();
    assertEquals(before, labelled(copy.toString()).fingerprint());
    try (var files = Files.list(copy)) {
      for (Path each : files.toList()) {
        Files.setLastModifiedTime(each, java.nio.file.attribute.FileTime.fromMillis(1));
      }
    }
    assertNotEquals(before, labelled(copy.toString()).fingerprint());
  }

  @ParameterizedTest
  @ValueSource(strings = {"web", "web-gz", "lmdb", "tfrecord"})
  void hasAnotherFingerprintAfterAChangeThatKeptTheTime(String name, @TempDir Path copy)
      throws IOException, InterruptedException {
    List<Path> copies = new ArrayList<>();
    try (var files = Files.list(DataFixture.path(name))) {
      for (Path from : files.toList()) {
        copies.add(Files.copy(from, copy.resolve(from.getFileName().toString())));
      }
    }
    ImageDataset data = labelled(copy.toString());
    String before = data.fingerprint();
    Thread.sleep(CLOCK);
    for (Path file : copies) {
      FileTime changed = Files.getLastModifiedTime(file);
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 1]++;
      Files.write(file, bytes);
      Files.setLastModifiedTime(file, changed);
    }
    assertNotEquals(before, data.fingerprint());
  }

  @Test
  void opensPatternsOfShardsAndSingleFiles() throws IOException {
    String web = DataFixture.path("web").toString();
    List<Expected> expected = DataFixture.expected("web");
    assertEquals(expected, samples(labelled(web + "/shard-{000000..000001}.tar")));
    assertEquals(expected.subList(0, 5), samples(labelled(web + "/shard-000000.tar")));
    assertEquals(
        DataFixture.expected("lmdb"),
        samples(labelled(DataFixture.path("lmdb/data.mdb").toString())));
    assertEquals(
        DataFixture.expected("tfrecord").subList(0, 4),
        samples(
            labelled(DataFixture.path("tfrecord/tiny-train.tfrecord-00000-of-00002").toString())));
  }

  @Test
  void opensTrainAndTestOfShards(@TempDir Path root) throws IOException {
    for (String part : List.of("train", "val")) {
      Path folder = Files.createDirectories(root.resolve(part));
      for (String file : List.of("shard-000000.tar", "classes.json")) {
        Files.copy(DataFixture.path("web/" + file), folder.resolve(file));
      }
    }
    LabelledData data = LabelledData.open(root.toString());
    assertEquals(DataFixture.expected("web").subList(0, 5), samples(data.test()));
    assertEquals("train", data.train().name());
    assertEquals("val", data.test().name());
  }
}
