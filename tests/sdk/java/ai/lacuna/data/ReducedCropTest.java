package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Box;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReducedCropTest {
  /**
   * Mean difference of 255 from the full decoding. In waves of 80 pixels half a pixel of
   * misplacement makes more than 1.1, and what libjpeg leaves out less than 0.7.
   */
  private static final double CLOSE = 1;

  private static final RandomResizedCrop CROP = RandomResizedCrop.of(24, 24, 0.5);

  @ParameterizedTest
  @CsvSource({
    "1,203,301",
    "2,203,301",
    "3,203,301",
    "4,203,301",
    "5,203,301",
    "6,203,301",
    "7,203,301",
    "8,203,301",
    "1,200,304",
    "6,121,251",
    "3,399,249",
    "8,231,129"
  })
  void cutsOutWhatTheFullDecodingShows(int orientation, int height, int width) throws IOException {
    byte[] file =
        Photographs.turned(
            Photographs.jpeg(Photographs.waves(height, width, 3, 80, 0)), orientation);
    Counted reducer = new Counted();
    ReducedCrop reduced = ReducedCrop.of(CROP, 3, 1, reducer);
    for (int id = 0; id < 20; id++) {
      EncodedImage image = new EncodedImage(id, "waves", file, 0);
      byte[] expected = CROP.apply(Pixels.read(file, "waves"), 5, 1, id).data();
      assertTrue(
          difference(expected, reduced.read(image, 5, 1).data()) < CLOSE,
          "orientation %d, crop %d".formatted(orientation, id));
    }
    assertEquals(20, reducer.calls.get());
  }

  @ParameterizedTest
  @CsvSource({
    "24,24,1",
    "47.9,100,1",
    "48,48,2",
    "95,200,2",
    "96,96,4",
    "191,1000,4",
    "192,192,8",
    "4000,4000,8"
  })
  void leavesTheCropAtLeastAsLargeAsTheResult(double height, double width, int by) {
    assertEquals(
        by, ReducedCrop.of(CROP, 3, 1, new Counted()).reduction(new Box(0, 0, height, width)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jpeg/cmyk.jpg",
        "jpeg/rgb.jpg",
        "images/rgba.png",
        "images/ycck-adobe.jpg",
        "images/rgb.bmp"
      })
  void decodesInFullWhatItDoesNotKnow(String name) throws IOException {
    byte[] file;
    try (InputStream in = ReducedCropTest.class.getResourceAsStream("/fixtures/" + name)) {
      file = in.readAllBytes();
    }
    Counted reducer = new Counted();
    RandomResizedCrop small = RandomResizedCrop.of(4, 4, 0.9);
    Pixels read =
        ReducedCrop.of(small, 3, 1, reducer).read(new EncodedImage(3, name, file, 0), 1, 2);
    assertArrayEquals(small.apply(Pixels.read(file, name), 1, 2, 3).data(), read.data());
    assertEquals(0, reducer.calls.get());
  }

  @Test
  void decodesInFullWhereTheCropIsSmall() throws IOException {
    byte[] file = Photographs.jpeg(Photographs.waves(40, 45, 3, 20, 0));
    Pixels read =
        ReducedCrop.of(CROP, 3, 1, new Counted()).read(new EncodedImage(0, "a", file, 0), 0, 0);
    assertArrayEquals(CROP.apply(Pixels.read(file, "a"), 0, 0, 0).data(), read.data());
  }

  @Test
  void decodesInFullWhatTheLibraryDoesNotTake() throws IOException {
    byte[] file = Photographs.jpeg(Photographs.waves(200, 210, 3, 20, 0));
    Counted none = new Counted(false);
    Pixels read = ReducedCrop.of(CROP, 3, 1, none).read(new EncodedImage(0, "a", file, 0), 0, 0);
    assertEquals(1, none.calls.get());
    assertArrayEquals(CROP.apply(Pixels.read(file, "a"), 0, 0, 0).data(), read.data());
  }

  @Test
  void convertsChannels() throws IOException {
    byte[] grey = Photographs.jpeg(Photographs.waves(200, 210, 1, 80, 0));
    byte[] colour = Photographs.jpeg(Photographs.waves(200, 210, 3, 80, 0));
    assertEquals(3, crop(3).read(new EncodedImage(0, "a", grey, 0), 0, 0).channels());
    Pixels read = crop(1).read(new EncodedImage(0, "a", colour, 0), 0, 0);
    Pixels full = CROP.apply(Pixels.read(colour, "a").withChannels(1), 0, 0, 0);
    assertTrue(difference(full.data(), read.data()) < CLOSE);
  }

  @Test
  void refusesAThousandCutFiles() throws IOException {
    byte[] file = Photographs.jpeg(Photographs.waves(200, 210, 3, 9, 0));
    ReducedCrop crop = crop(3);
    crop.read(new EncodedImage(0, "whole", file, 0), 0, 0);
    for (int i = 0; i < 1000; i++) {
      byte[] cut = Arrays.copyOf(file, (int) ((long) file.length * i / 1000));
      EncodedImage image = new EncodedImage(0, "cut", cut, 0);
      assertThrows(ImageException.class, () -> crop.read(image, 0, 0), "length " + cut.length);
    }
  }

  @Test
  void refusesTheChangedFilesThatTheFullDecodingRefuses() throws IOException {
    byte[] file = Photographs.jpeg(Photographs.waves(200, 210, 3, 9, 0));
    ReducedCrop crop = crop(3);
    crop.read(new EncodedImage(0, "whole", file, 0), 0, 0);
    Random random = new Random(2);
    int refused = 0;
    for (int i = 0; i < 300; i++) {
      byte[] changed = file.clone();
      changed[random.nextInt(file.length)] ^= (byte) (1 + random.nextInt(255));
      boolean full = isRead(() -> Pixels.read(changed, "a"));
      EncodedImage image = new EncodedImage(0, "a", changed, 0);
      assertEquals(full, isRead(() -> crop.read(image, 0, 0)), "change " + i);
      assertEquals(full, isRead(() -> crop.read(image, 0, 0)), "change " + i + ", again");
      refused += full ? 0 : 1;
    }
    assertTrue(refused > 30, "refused " + refused);
  }

  @Test
  void givesTheSameBatchesWhateverTheThreadsAndWhatWasReadBefore(@TempDir Path folder)
      throws IOException {
    ImageDataset data = Photographs.folder(folder, 30);
    ReducedCrop used = crop(3);
    List<String> first = batches(data, used, 0, 1);
    assertEquals(first, batches(data, used, 0, 5));
    assertEquals(batches(data, used, 3, 4), batches(data, crop(3), 3, 1));
    assertNotEquals(first, batches(data, used, 3, 4));
    assertNotEquals(first, batches(data, Transform.none().then(CROP), 0, 1));
  }

  @Test
  void readsPartsAndTransformsThatFollow(@TempDir Path folder) throws IOException {
    ImageDataset data = Photographs.folder(folder, 6);
    Counted reducer = new Counted();
    Transform both = ReducedCrop.of(CROP, 3, 6, reducer).then(Transform.channels(1));
    Subset part = Subset.of(data, new int[] {1, 4}, "part");
    List<String> grey = batches(part, both, 0, 1);
    assertEquals(2, reducer.calls.get());
    assertTrue(grey.get(0).startsWith("[1, 4] 1152 "), grey.get(0));
  }

  @Test
  void countsDamagedFilesAndPutsOthersInTheirPlace(@TempDir Path folder) throws IOException {
    Photographs.folder(folder, 12);
    Path cut = folder.resolve("004.jpg");
    byte[] whole = Files.readAllBytes(cut);
    Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
    ImageDataset data = ImageDataset.open(folder.toString());
    try (Loader loader =
        Loader.builder(data).batchSize(12).maxCorrupt(0.5).transform(crop(3)).build()) {
      Batch batch = loader.iterator().next();
      assertEquals(12, batch.size());
      assertEquals(1, loader.skipped());
    }
  }

  private static ReducedCrop crop(int channels) {
    return ReducedCrop.of(CROP, channels, 30);
  }

  private static List<String> batches(
      ImageDataset data, Transform transform, int epoch, int workers) {
    List<String> batches = new ArrayList<>();
    try (Loader loader =
        Loader.builder(data)
            .batchSize(8)
            .shuffle(data.size() > 8)
            .seed(4)
            .epoch(epoch)
            .workers(workers)
            .transform(transform)
            .build()) {
      for (Batch batch : loader) {
        byte[] bytes = new byte[batch.images().remaining()];
        batch.images().duplicate().get(bytes);
        batches.add(
            Arrays.toString(batch.ids()) + " " + bytes.length + " " + Arrays.hashCode(bytes));
      }
    }
    return batches;
  }

  private static boolean isRead(Runnable reading) {
    try {
      reading.run();
      return true;
    } catch (ImageException e) {
      return false;
    }
  }

  private static double difference(byte[] a, byte[] b) {
    assertEquals(a.length, b.length);
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs((a[i] & 0xff) - (b[i] & 0xff));
    }
    return sum / a.length;
  }

  /** Counts the calls of another, or decodes nothing. */
  private static final class Counted implements JpegReducer {
    private final AtomicInteger calls = new AtomicInteger();
    private final boolean works;

    Counted() {
      this(true);
    }

    Counted(boolean works) {
      this.works = works;
    }

    @Override
    public String name() {
      return "counted";
    }

    @Override
    public String missing() {
      return "";
    }

    @Override
    public Optional<Pixels> decode(byte[] file, int by, int channels) {
      calls.incrementAndGet();
      return works ? JpegReducer.require().decode(file, by, channels) : Optional.empty();
    }
  }
}
