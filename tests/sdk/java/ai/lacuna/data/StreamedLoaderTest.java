package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The loader on gzipped shards, which are read in their order. */
class StreamedLoaderTest {
  private static final int SHARDS = 6;
  private static final int PER_SHARD = 20;
  private static final int SIZE = SHARDS * PER_SHARD;
  private static final int BUFFER = 25;

  private static final List<byte[]> CONTENTS = new ArrayList<>();

  private final Path folder;
  private final List<Path> paths = new ArrayList<>();

  StreamedLoaderTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeAll
  static void make() throws IOException {
    for (int i = 0; i < SHARDS; i++) {
      TarBuilder shard = new TarBuilder().images(i * PER_SHARD, (i + 1) * PER_SHARD);
      CONTENTS.add(IdxDatasetTest.gzip(shard.build()));
    }
  }

  @BeforeEach
  void write() throws IOException {
    for (int i = 0; i < SHARDS; i++) {
      paths.add(Files.write(folder.resolve("shard-" + i + ".tar.gz"), CONTENTS.get(i)));
    }
  }

  private Loader.Builder loader() throws IOException {
    return Loader.builder(WebDataset.open(paths))
        .batchSize(8)
        .shuffle(true)
        .shuffleBuffer(BUFFER)
        .workers(3);
  }

  /** A batch's index and, for each sample, id, label and number in the pixels. */
  private static List<String> read(Loader loader) {
    List<String> batches = new ArrayList<>();
    try (loader) {
      for (Batch batch : loader) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
          numbers.add((batch.images().get() & 0xff) + 256 * (batch.images().get() & 0xff));
        }
        batches.add(
            batch.index()
                + Arrays.toString(batch.ids())
                + Arrays.toString(batch.labels())
                + numbers);
      }
    }
    return batches;
  }

  private static int[] ids(Loader loader) {
    try (loader) {
      List<Batch> batches = new ArrayList<>();
      loader.forEach(batches::add);
      return batches.stream()
          .flatMapToLong(batch -> Arrays.stream(batch.ids()))
          .mapToInt(Math::toIntExact)
          .toArray();
    }
  }

  @Test
  void givesEverySampleOnceWithItsImageAndLabel() throws IOException {
    int[] ids = ids(loader().build());
    assertArrayEquals(IntStream.range(0, SIZE).toArray(), Arrays.stream(ids).sorted().toArray());
    for (String batch : read(loader().build())) {
      String[] parts = batch.split("[\\[\\]]", -1);
      assertEquals(parts[1], parts[5]);
    }
  }

  @Test
  void givesTheSameBatchesWhateverTheNumberOfWorkers() throws IOException {
    List<String> one = read(loader().workers(1).build());
    assertEquals(one, read(loader().workers(7).build()));
    assertEquals(one, read(loader().workers(2).prefetch(0).build()));
  }

  @Test
  void resumesAtABatchWithTheTail() throws IOException {
    List<String> whole = read(loader().build());
    for (int from : new int[] {1, 4, 11, whole.size()}) {
      assertEquals(
          whole.subList(from, whole.size()), read(loader().startBatch(from).build()), "" + from);
    }
  }

  @Test
  void shufflesByEpochAndSeedAndWithTheBuffer() throws IOException {
    List<String> first = read(loader().build());
    assertNotEquals(first, read(loader().epoch(1).build()));
    assertNotEquals(first, read(loader().seed(1).build()));
    assertNotEquals(first, read(loader().shuffleBuffer(SIZE).build()));
  }

  @Test
  void readsInOrderUnlessShuffled() throws IOException {
    assertArrayEquals(IntStream.range(0, SIZE).toArray(), ids(loader().shuffle(false).build()));
  }

  @Test
  void aBufferOfOneKeepsTheOrderInsideShards() throws IOException {
    int[] ids = ids(loader().shuffleBuffer(1).build());
    for (int shard = 0; shard < SHARDS; shard++) {
      int first = ids[shard * PER_SHARD];
      assertEquals(0, first % PER_SHARD);
      for (int i = 0; i < PER_SHARD; i++) {
        assertEquals(first + i, ids[shard * PER_SHARD + i]);
      }
    }
  }

  /** As where a share is held out; read at any place, each image would unpack some 64 MB. */
  @Test
  void readsAPartInTheOrderOfItsShardsToo() throws IOException {
    ImageDataset whole = WebDataset.open(paths);
    ImageDataset kept = HeldOut.of(HeldOut.of(whole, 0.5).kept(), 0.5).heldOut();
    long[] wanted = new long[kept.size()];
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = kept.id(i);
    }
    Loader.Builder part = Loader.builder(kept).batchSize(8).workers(3);
    assertArrayEquals(wanted, Arrays.stream(ids(part.build())).asLongStream().toArray());
    List<String> shuffled = read(part.shuffle(true).shuffleBuffer(5).build());
    assertEquals(shuffled, read(part.workers(1).prefetch(0).build()));
    assertEquals(shuffled.subList(1, shuffled.size()), read(part.startBatch(1).build()));
    for (String batch : shuffled) {
      String[] parts = batch.split("[\\[\\]]", -1);
      assertEquals(parts[1], parts[5]);
    }
    int[] ids = ids(part.startBatch(0).shuffleBuffer(1).build());
    assertArrayEquals(wanted, Arrays.stream(ids).sorted().asLongStream().toArray());
    long descents = IntStream.range(1, ids.length).filter(i -> ids[i] < ids[i - 1]).count();
    assertTrue(descents < SHARDS, Arrays.toString(ids));
  }

  /** Walks the order as a reader would. */
  @Test
  void neverWaitsForMoreThanTheBuffer() throws IOException {
    Shards shards = Shards.index(paths, Labelling.none());
    for (int epoch = 0; epoch < 5; epoch++) {
      BitSet all = new BitSet();
      all.set(0, SIZE);
      StreamOrder order = StreamOrder.shuffled(shards, all, BUFFER, 3, epoch);
      Set<Integer> waiting = new HashSet<>();
      int read = 0;
      for (int sample : order.samples()) {
        while (!waiting.contains(sample)) {
          waiting.add(order.shards()[read / PER_SHARD] * PER_SHARD + read % PER_SHARD);
          read++;
        }
        assertTrue(waiting.size() <= BUFFER + 1, waiting.size() + " wait");
        waiting.remove(sample);
      }
    }
  }

  @Test
  void holdsNoMoreInMemoryThanFits() throws IOException {
    assertEquals(BUFFER, Shards.index(paths, Labelling.none()).atMost(BUFFER));
    // Headers alone say how long members are: two images of 200 MB each that are not there.
    Shards large =
        Shards.of(
            "large",
            List.of(
                new TarShard(
                    paths.get(0),
                    true,
                    List.of(
                        new TarMember("a.png", -1, 200 << 20, Sample.NO_LABEL, Optional.empty()),
                        new TarMember("b.png", -1, 200 << 20, Sample.NO_LABEL, Optional.empty())),
                    List.of())),
            List.of());
    assertEquals(1, large.atMost(BUFFER));
  }

  @Test
  void mixesNeighboursWell() throws IOException {
    int[] ids = ids(loader().shuffleBuffer(SIZE).build());
    long neighbours =
        IntStream.range(1, SIZE).filter(i -> Math.abs(ids[i] - ids[i - 1]) == 1).count();
    // Two of 120 for each place by chance.
    assertTrue(neighbours < 10, neighbours + " neighbours stayed together");
  }

  @Test
  void aShardThatBreaksEndsTheEpochForAllWorkers() throws Exception {
    Loader.Builder builder = loader().prefetch(20);
    byte[] shard = Files.readAllBytes(paths.get(2));
    Files.write(paths.get(2), Arrays.copyOf(shard, shard.length / 2));
    try (Loader loader = builder.build()) {
      DataException e = assertThrows(DataException.class, () -> loader.forEach(batch -> {}));
      assertTrue(e.toString().contains("shard-2.tar.gz: expected a whole archive"), e.toString());
    }
    assertEquals(0, LoaderTest.threadsLeft());
  }

  @Test
  void replacesADamagedImageFromItsBatch() throws IOException {
    TarBuilder shard = new TarBuilder().images(0, 4).add("x.png", "damaged").add("x.cls", "0");
    shard.images(5, 16).write(paths.get(0));
    Loader.Builder builder =
        Loader.builder(WebDataset.open(paths.subList(0, 1))).batchSize(4).maxCorrupt(0.1);
    List<String> whole = read(builder.build());
    assertEquals(4, whole.size());
    List<String> tail = read(builder.startBatch(1).workers(4).build());
    assertEquals(whole.subList(1, 4), tail);
    try (Loader loader = builder.startBatch(0).build()) {
      loader.iterator().next();
      assertEquals(0, loader.skipped());
      long[] ids = loader.iterator().next().ids();
      assertEquals(1, loader.skipped());
      assertTrue(ids[0] >= 5 && ids[0] < 8, Arrays.toString(ids));
    }
  }

  /** Batches of one have no other, and in batches of two both may be damaged. */
  @Test
  void replacesADamagedImageFromElsewhereWhereItsBatchHasNoWholeOne() throws IOException {
    TarBuilder shard = new TarBuilder().images(0, 4);
    shard.add("x.png", "damaged").add("x.cls", "0").add("y.png", "damaged").add("y.cls", "0");
    shard.images(6, 16).write(paths.get(0));
    for (int size : new int[] {1, 2}) {
      Loader.Builder builder =
          Loader.builder(WebDataset.open(paths.subList(0, 1))).batchSize(size).maxCorrupt(0.2);
      List<String> whole = read(builder.build());
      assertEquals(16 / size, whole.size());
      int damaged = 4 / size;
      String standIn = whole.get(damaged);
      assertFalse(standIn.contains("[4") || standIn.contains("[5"), standIn);
      String[] parts = standIn.split("[\\[\\]]", -1);
      assertEquals(parts[1], parts[5], "the image is that of its id");
      assertEquals(
          whole.subList(damaged, whole.size()),
          read(builder.startBatch(damaged).workers(4).build()));
      try (Loader loader = builder.startBatch(0).shuffle(true).epoch(3).build()) {
        loader.forEach(batch -> {});
        assertEquals(2, loader.skipped());
      }
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void closingInMidEpochLeavesNoThreadAndNoOpenFile() throws Exception {
    for (int i = 0; i < 5; i++) {
      Loader loader = loader().prefetch(i).build();
      loader.iterator().next();
      loader.close();
      assertFalse(loader.iterator().hasNext());
      assertEquals(0, LoaderTest.threadsLeft());
      assertEquals(List.of(), openFiles());
    }
    Loader whole = loader().build();
    whole.forEach(batch -> {});
    assertEquals(0, LoaderTest.threadsLeft());
    assertEquals(List.of(), openFiles());
  }

  /** The files of this test that the process has open. */
  private List<String> openFiles() throws IOException {
    List<String> open = new ArrayList<>();
    try (Stream<Path> links = Files.list(Path.of("/proc/self/fd"))) {
      for (Path link : links.toList()) {
        String target = Files.readSymbolicLink(link).toString();
        if (target.startsWith(folder.toRealPath().toString())) {
          open.add(target);
        }
      }
    }
    return open;
  }
}
