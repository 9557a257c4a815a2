package ai.lacuna.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.DataException;
import ai.lacuna.data.IdxDataset;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.LmdbDataset;
import ai.lacuna.data.TfRecordDataset;
import ai.lacuna.data.WebDataset;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.WeightsException;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A thousand truncations and a thousand flipped bits of each kind of file. Checkpoints of PyTorch
 * have theirs in TorchAttackTest, weights of the zoo in DamagedWeightsTest.
 */
class DamageTest {
  private static final int DAMAGES = 1_000;
  private static final Path FIXTURES =
      Path.of(System.getProperty("lacuna.root", "."), "tests/fixtures");

  private final Path folder;

  DamageTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** Reads a file wholly. */
  @FunctionalInterface
  interface Reader {
    void read(Path file) throws IOException;
  }

  /** How much of the damage a reader can see. */
  enum Sight {
    /** Every truncation. */
    CUTS,
    /** What makes it unreadable: some kinds end where they end. */
    SOME
  }

  /** A kind of file: a good one, by its name, and what reads it. */
  record Kind(String file, Sight cuts, Reader reader) {
    @Override
    public String toString() {
      return file;
    }
  }

  private static void images(ImageDataset data) throws IOException {
    for (int i = 0; i < data.size(); i++) {
      data.get(i);
    }
  }

  private static void idx(Path images) throws IOException {
    byte[] labels = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0};
    Path file = images.resolveSibling("labels");
    if (!Files.exists(file)) {
      Files.write(file, labels);
    }
    images(IdxDataset.open(images, file));
  }

  static Stream<Kind> kinds() {
    Stream<Kind> data =
        Stream.of(
            new Kind("weights/mixed.safetensors", Sight.CUTS, Safetensors::read),
            new Kind("idx", Sight.CUTS, DamageTest::idx),
            new Kind("idx.gz", Sight.CUTS, DamageTest::idx),
            new Kind(
                "data/web/shard-000000.tar",
                Sight.SOME, // Zeros behind the end marker are padding.
                file -> images(WebDataset.openUnlabelled(List.of(file)))),
            new Kind(
                "data/web-gz/shard-000000.tar.gz",
                Sight.CUTS,
                file -> images(WebDataset.openUnlabelled(List.of(file)))),
            new Kind(
                "data/tfrecord/tiny-train.tfrecord-00000-of-00002",
                Sight.SOME,
                file -> images(TfRecordDataset.openUnlabelled(List.of(file)))),
            new Kind(
                "data/lmdb/data.mdb", Sight.CUTS, file -> images(LmdbDataset.openUnlabelled(file))),
            new Kind(
                "bundle-tiny/manifest.json",
                Sight.SOME, // Its last newline says nothing.
                file -> {
                  Path bundle = file.resolveSibling("bundle");
                  Files.copy(
                      file,
                      bundle.resolve("manifest.json"),
                      java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                  Bundle.open(bundle);
                }),
            new Kind(
                "index.json",
                Sight.SOME,
                file -> Zoo.at(file.getParent()).list().forEach(entry -> entry.name())));
    Stream<Kind> pictures =
        Stream.of(
                "images/rgb.jpg",
                "images/rgba.png",
                "images/palette.gif",
                "images/rgb.bmp",
                "images/rgb16.tif",
                "images/lossless-alpha.webp")
            .map(file -> new Kind(file, Sight.SOME, Pixels::read));
    return Stream.concat(data, pictures);
  }

  private byte[] good(Kind kind) throws IOException {
    byte[] idx = ByteBuffer.allocate(24).putInt(0x803).putInt(2).putInt(2).putInt(2).array();
    return switch (kind.file()) {
      case "idx" -> idx;
      case "idx.gz" -> Deflated.member(Arrays.copyOf(idx, 24));
      case "index.json" -> Files.readAllBytes(FIXTURES.resolve("../../zoo/index.json"));
      default -> Files.readAllBytes(FIXTURES.resolve(kind.file()));
    };
  }

  private void bundleBeside() throws IOException {
    Path bundle = Files.createDirectories(folder.resolve("bundle"));
    try (Stream<Path> files = Files.list(FIXTURES.resolve("bundle-tiny"))) {
      for (Path file : files.toList()) {
        Files.copy(file, bundle.resolve(file.getFileName().toString()));
      }
    }
  }

  private Path file(Kind kind) {
    String name = kind.file().substring(kind.file().lastIndexOf('/') + 1);
    return folder.resolve(name);
  }

  /** Whether it is refused; anything but a typed refusal fails. */
  private boolean isRefused(Kind kind, byte[] content, String damage) throws IOException {
    Path file = Files.write(file(kind), content);
    try {
      kind.reader().read(file);
      return false;
    } catch (WeightsException
        | DataException
        | ZooException
        | BundleException
        | ImageException refusal) {
      String message = String.valueOf(refusal.getMessage());
      assertTrue(message.length() > 10, damage + ": " + message);
      return true;
    } catch (RuntimeException | Error e) {
      throw new AssertionError(kind + ", " + damage, e);
    }
  }

  /** Every length of a short file; of a long one the first and the last, and some between. */
  private static IntStream lengths(int whole) {
    if (whole <= DAMAGES) {
      return IntStream.range(0, whole);
    }
    int part = DAMAGES / 4;
    return IntStream.concat(
        IntStream.concat(IntStream.range(0, part), IntStream.range(whole - part, whole)),
        new Random(3).ints(2L * part, part, whole - part));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void truncationsAreRefused(Kind kind) throws IOException {
    bundleBeside();
    byte[] good = good(kind);
    assertEquals(false, isRefused(kind, good, "as it is"));
    int read = 0;
    int cuts = 0;
    for (int length : lengths(good.length).toArray()) {
      cuts++;
      if (!isRefused(kind, Arrays.copyOf(good, length), "cut to " + length)) {
        assertTrue(kind.cuts() == Sight.SOME, kind + " cut to " + length + " was read");
        read++;
      }
    }
    assertTrue(read < 3 * cuts / 4, read + " of " + cuts + " were read");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void flippedBitsAreRefusedOrReadable(Kind kind) throws IOException {
    bundleBeside();
    byte[] good = good(kind);
    Random random = new Random(4);
    for (int i = 0; i < DAMAGES; i++) {
      byte[] bad = good.clone();
      int bit = random.nextInt(8 * bad.length);
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      isRefused(kind, bad, "bit " + bit + " flipped");
    }
  }
}
