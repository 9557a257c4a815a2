package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LoaderTest {
  private static final ImageDataset DATA = new Ramps(53, -1);

  /**
   * Images of 6 x 6 whose values follow from their index; the one at {@code broken} cannot be read.
   */
  record Ramps(int size, int broken) implements ImageDataset {
    @Override
    public Sample get(int index) throws IOException {
      if (index == broken) {
        throw new IOException("disk on fire");
      }
      return sample(index);
    }

    Sample sample(int index) {
      byte[] data = new byte[36];
      for (int i = 0; i < data.length; i++) {
        data[i] = (byte) (index * 5 + i * 7);
      }
      return new Sample(index, Pixels.of(6, 6, 1, data), index % 3);
    }

    @Override
    public List<String> classNames() {
      return List.of("a", "b", "c");
    }

    @Override
    public String name() {
      return "ramps";
    }
  }

  @Test
  void refusesABatchThatNoBufferHolds() {
    int side = 4096;
    Pixels image = Pixels.of(side, side, 1, new byte[side * side]);
    ImageDataset large =
        new ImageDataset() {
          @Override
          public int size() {
            return 128;
          }

          @Override
          public Sample get(int index) {
            return new Sample(index, image, Sample.NO_LABEL);
          }

          @Override
          public List<String> classNames() {
            return List.of();
          }

          @Override
          public String name() {
            return "large";
          }
        };
    try (Loader loader = Loader.builder(large).batchSize(128).workers(1).prefetch(0).build()) {
      DataException e = assertThrows(DataException.class, loader.iterator()::next);
      assertEquals(
          "large: expected batches of less than 2^31 bytes, found 128 images of "
              + image
              + "; take smaller batches",
          e.getMessage());
    }
  }

  @Test
  void givesTheSameBatchesWhateverTheNumberOfWorkers() {
    List<String> one = read(shuffled().workers(1).build());
    assertEquals(one, read(shuffled().workers(5).build()));
    assertEquals(one, read(shuffled().workers(2).prefetch(0).build()));
  }

  @Test
  void resumesAtABatchWithTheTail() {
    List<String> whole = read(shuffled().build());
    assertEquals(whole.subList(4, whole.size()), read(shuffled().startBatch(4).build()));
    assertEquals(List.of(), read(shuffled().startBatch(whole.size()).build()));
  }

  @Test
  void transformsASampleAlikeInEveryBatchSize() {
    List<byte[]> bySix = images(shuffled().batchSize(6).build());
    List<byte[]> bySeven = images(shuffled().batchSize(7).build());
    for (int i = 0; i < 42; i++) {
      assertArrayEquals(bySix.get(i), bySeven.get(i));
    }
  }

  @Test
  void changesOrderAndCropsWithEpochAndSeed() {
    assertNotEquals(read(shuffled().build()), read(shuffled().epoch(1).build()));
    assertNotEquals(read(shuffled().build()), read(shuffled().seed(1).build()));
  }

  @Test
  void visitsEverySampleOnce() {
    long[] ids = ids(Loader.builder(DATA).batchSize(8).shuffle(true).build());
    assertArrayEquals(LongStream.range(0, 53).toArray(), Arrays.stream(ids).sorted().toArray());
    assertEquals(48, ids(shuffled().dropLast(true).build()).length);
  }

  @Test
  void readsInOrderUnlessShuffled() {
    assertArrayEquals(
        LongStream.range(0, 53).toArray(), ids(Loader.builder(DATA).batchSize(8).build()));
  }

  @Test
  void fillsDirectBuffersWithImagesAndLabels() throws IOException {
    try (Loader loader = Loader.builder(DATA).batchSize(8).build()) {
      Batch batch = loader.iterator().next();
      assertTrue(batch.images().isDirect());
      assertEquals(8 * 36, batch.images().remaining());
      byte[] second = new byte[36];
      batch.images().get(36, second);
      assertArrayEquals(DATA.get(1).pixels().data(), second);
      assertArrayEquals(new int[] {0, 1, 2, 0, 1, 2, 0, 1}, batch.labels());
    }
  }

  @Test
  void endsAtTheBatchWithTooManyDamagedSamples() {
    for (int workers : new int[] {1, 4}) {
      try (Loader loader =
          Loader.builder(new Ramps(53, 20)).batchSize(8).workers(workers).build()) {
        List<Batch> read = new ArrayList<>();
        DataException e = assertThrows(DataException.class, () -> loader.forEach(read::add));
        assertEquals(
            "ramps: expected at most 1 % of the samples damaged, found 1 of the first 24;"
                + " sample 20: disk on fire",
            e.getMessage());
        assertEquals(2, read.size());
        assertFalse(loader.iterator().hasNext());
      }
    }
  }

  @Test
  void anotherSampleStandsInForADamagedOne() throws IOException {
    ImageDataset broken = new Ramps(53, 20);
    List<String> sound = read(shuffled().build());
    List<String> whole = read(shuffled(broken).build());
    assertEquals(sound.size(), whole.size());
    int at = 0;
    for (int i = 0; i < sound.size(); i++) {
      if (!sound.get(i).equals(whole.get(i))) {
        at = i;
        assertTrue(ids(sound.get(i)).contains(20L));
        assertFalse(ids(whole.get(i)).contains(20L));
        assertEquals(ids(sound.get(i)).size(), ids(whole.get(i)).size());
      }
    }
    assertEquals(whole, read(shuffled(broken).workers(5).build()));
    for (int from = 0; from < whole.size(); from++) {
      assertEquals(
          whole.subList(from, whole.size()), read(shuffled(broken).startBatch(from).build()));
    }
    try (Loader loader = shuffled(broken).build()) {
      List<Integer> skipped = new ArrayList<>();
      loader.forEach(batch -> skipped.add(loader.skipped()));
      for (int i = 0; i < skipped.size(); i++) {
        assertEquals(i < at ? 0 : 1, skipped.get(i));
      }
    }
  }

  private static List<Long> ids(String batch) {
    String ids = batch.substring(batch.indexOf('[') + 1, batch.indexOf(']'));
    return Arrays.stream(ids.split(", ", -1)).map(Long::valueOf).toList();
  }

  /** Every tenth image is damaged. */
  private record Rotten(int size) implements ImageDataset {
    @Override
    public Sample get(int index) {
      if (index % 10 == 3) {
        throw new ImageException("image " + index + ": found nothing");
      }
      return new Ramps(size, -1).sample(index);
    }

    @Override
    public List<String> classNames() {
      return List.of();
    }

    @Override
    public String name() {
      return "rotten";
    }
  }

  @Test
  void judgesTheShareOverAThousandSamples() {
    // 10 of the first 1,000 may be damaged: the 11th is that of index 103.
    try (Loader loader = Loader.builder(new Rotten(5000)).batchSize(4).build()) {
      List<Batch> read = new ArrayList<>();
      DataException e = assertThrows(DataException.class, () -> loader.forEach(read::add));
      assertEquals(25, read.size());
      assertTrue(e.toString().contains("found 11 of the first 104"), e.toString());
    }
    try (Loader loader = Loader.builder(new Rotten(5000)).maxCorrupt(0.11).build()) {
      loader.forEach(batch -> {});
      assertEquals(500, loader.skipped());
    }
  }

  @Test
  void givesUpWhereNothingCanBeRead() {
    ImageDataset nothing = Subset.of(new Rotten(20), new int[] {3, 13}, "nothing");
    try (Loader loader = Loader.builder(nothing).maxCorrupt(1).build()) {
      DataException e = assertThrows(DataException.class, () -> loader.forEach(batch -> {}));
      assertTrue(e.toString().contains("none of 64 others could be read"), e.toString());
    }
    assertThrows(IllegalArgumentException.class, () -> shuffled().maxCorrupt(1.1));
    assertThrows(IllegalArgumentException.class, () -> shuffled().maxCorrupt(Double.NaN));
  }

  @Test
  void passesErrorsOnAsTheyAre() {
    AssertionError error = new AssertionError("no");
    Transform broken =
        (image, seed, epoch, id) -> {
          throw error;
        };
    try (Loader loader = Loader.builder(DATA).transform(broken).build()) {
      assertSame(error, assertThrows(AssertionError.class, () -> loader.iterator().next()));
    }
  }

  @Test
  void refusesImagesOfSeveralSizes() {
    Transform uneven = (image, seed, epoch, id) -> id == 20 ? image.crop(0, 0, 3, 6) : image;
    for (int batchSize : new int[] {1, 8}) {
      try (Loader loader = Loader.builder(DATA).batchSize(batchSize).transform(uneven).build()) {
        DataException e = assertThrows(DataException.class, () -> ids(loader));
        assertTrue(e.toString().contains("sample 20: expected Pixels[6, 6, 1]"), e.toString());
      }
    }
  }

  @Test
  void readsAheadNoFurtherThanAskedTo() throws InterruptedException {
    AtomicInteger read = new AtomicInteger();
    Transform counting =
        (image, seed, epoch, id) -> {
          read.incrementAndGet();
          return image;
        };
    try (Loader loader =
        Loader.builder(DATA).batchSize(4).workers(2).prefetch(1).transform(counting).build()) {
      for (int taken = 1; taken <= 5; taken++) {
        loader.iterator().next();
        Thread.sleep(20);
        // Those taken, those in the workers' hands or waiting.
        assertTrue(read.get() <= 4 * (taken + 2), read + " read, " + 4 * taken + " taken");
        assertTrue(read.get() >= 4 * taken);
      }
    }
  }

  @Test
  void workersDoTheWorkOfABatchBeforeItIsTaken() {
    Map<Integer, Batch> worked = new ConcurrentHashMap<>();
    try (Loader loader = shuffled().workers(2).whenRead(b -> worked.put(b.index(), b)).build()) {
      for (Batch batch : loader) {
        assertSame(batch, worked.remove(batch.index()));
      }
    }
    assertEquals(Map.of(), worked);
  }

  @Test
  void stopsItsThreadsWhenClosedEarly() throws InterruptedException {
    Loader loader = shuffled().workers(3).build();
    loader.iterator().next();
    loader.close();
    loader.close();
    assertFalse(loader.iterator().hasNext());
    assertEquals(0, threadsLeft());
  }

  @Test
  void refusesWhatGivesNoBatch() {
    assertThrows(DataException.class, () -> Loader.builder(new Ramps(0, -1)).build());
    assertThrows(
        DataException.class, () -> Loader.builder(DATA).batchSize(54).dropLast(true).build());
    assertThrows(IllegalArgumentException.class, () -> shuffled().startBatch(8).build());
    assertThrows(IllegalArgumentException.class, () -> shuffled().batchSize(0));
    assertThrows(IllegalArgumentException.class, () -> shuffled().workers(0));
  }

  /** The loaders' threads; those that have ended their work get a moment to disappear. */
  static long threadsLeft() throws InterruptedException {
    long left = threads();
    for (int i = 0; i < 100 && left > 0; i++) {
      Thread.sleep(20);
      left = threads();
    }
    return left;
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().equals("lacuna-loader") && t.isAlive())
        .count();
  }

  private static Loader.Builder shuffled() {
    return shuffled(DATA).maxCorrupt(0);
  }

  private static Loader.Builder shuffled(ImageDataset data) {
    return Loader.builder(data)
        .maxCorrupt(0.02)
        .batchSize(8)
        .shuffle(true)
        .transform(RandomResizedCrop.of(5, 5, 0.2));
  }

  private static List<String> read(Loader loader) {
    List<String> batches = new ArrayList<>();
    try (loader) {
      for (Batch batch : loader) {
        byte[] images = new byte[batch.images().remaining()];
        batch.images().get(images);
        batches.add(
            batch.index()
                + Arrays.toString(batch.ids())
                + Arrays.toString(batch.labels())
                + Arrays.toString(images));
      }
    }
    return batches;
  }

  private static List<byte[]> images(Loader loader) {
    List<byte[]> images = new ArrayList<>();
    try (loader) {
      for (Batch batch : loader) {
        for (int i = 0; i < batch.size(); i++) {
          byte[] image = new byte[batch.images().remaining() / (batch.size() - i)];
          batch.images().get(image);
          images.add(image);
        }
      }
    }
    return images;
  }

  private static long[] ids(Loader loader) {
    try (loader) {
      List<Batch> batches = new ArrayList<>();
      loader.forEach(batches::add);
      return batches.stream().flatMapToLong(b -> Arrays.stream(b.ids())).toArray();
    }
  }
}
