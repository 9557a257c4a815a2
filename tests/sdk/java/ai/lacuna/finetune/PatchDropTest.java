package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.lacuna.data.Batch;
import ai.lacuna.data.Loader;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.train.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fine-tuning on a part of each image's patches; Bars have 16. */
class PatchDropTest {
  /** Among the loss's inputs: images, drop path, then the patches kept. */
  private static final int KEPT = 2;

  private final Path directory;

  PatchDropTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private FineTuner tuner(Encoder encoder, double... drop) throws IOException {
    return FineTuner.builder(encoder, new Bars(12))
        .batchSize(6)
        .plan(UnfreezePlan.parse("head@1, last1@1, all@2"))
        .augmentation(FineTuneAugmentation.none())
        .patchDrop(drop)
        .seed(5)
        .run(directory)
        .build();
  }

  private FineTuneTask task(Encoder encoder) throws IOException {
    LabelledImages images = LabelledImages.of(new Bars(12));
    FineTuneConfig config = tuner(encoder, 0.7).config();
    return new FineTuneTask(config, encoder.weights(), images.images(), images.targets());
  }

  /** Patches kept of the first batch's images, a row for each image, by parts of the batch. */
  private static long[] kept(FineTuneTask task, int epoch, int parts) throws IOException {
    try (Loader loader = task.load(epoch, 0, 1, 0);
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      Batch batch = loader.iterator().next();
      long[] all = new long[0];
      for (Part part : task.parts(epoch, batch, parts)) {
        NDArray[] inputs = part.inputs().apply(manager);
        assertEquals(5, inputs.length);
        long[] ids = inputs[KEPT].toLongArray();
        int there = all.length;
        all = Arrays.copyOf(all, there + ids.length);
        System.arraycopy(ids, 0, all, there, ids.length);
      }
      return all;
    }
  }

  @Test
  void eachImageKeepsOtherPatchesInEachEpochHoweverTheBatchIsDivided() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      FineTuneTask task = task(encoder);
      long[] first = kept(task, 0, 1);
      assertEquals(6 * 4, first.length);
      Set<List<Long>> rows = new HashSet<>();
      for (int image = 0; image < 6; image++) {
        Set<Long> row = new HashSet<>();
        for (int place = 0; place < 4; place++) {
          long id = first[image * 4 + place];
          assertTrue(id >= 0 && id < 16, "patch " + id);
          row.add(id);
        }
        assertEquals(4, row.size(), "the same patch twice");
        rows.add(List.copyOf(row));
      }
      assertTrue(rows.size() > 1, "all images keep the same patches");
      assertArrayEquals(first, kept(task, 0, 4));
      assertArrayEquals(first, kept(task(encoder), 0, 1));
      assertFalse(Arrays.equals(first, kept(task, 1, 1)));
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 16", "0.01, 15", "0.25, 12", "0.3, 11", "0.75, 4", "0.99, 1"})
  void asManyAreKeptAsInTimm(double rate, int kept) throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      FineTuneConfig config = tuner(encoder, rate).config();
      assertEquals(kept, config.keptPatches(0));
      assertEquals(
          config.regularization(), FineTuneConfig.fromJson(config.toJson()).regularization());
    }
  }

  @ParameterizedTest
  @CsvSource({"'', 16 16 16 16", "0.5, 8 8 8 8", "0.75 0, 4 16 16 16", "0 0.75 0.5, 16 4 8 8"})
  void phasesHaveTheirOwnRates(String rates, String kept) throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      double[] drop =
          Stream.of(rates.split(" ", -1))
              .filter(rate -> !rate.isEmpty())
              .mapToDouble(Double::parseDouble)
              .toArray();
      FineTuner tuner = tuner(encoder, drop);
      String found =
          IntStream.range(0, 4)
              .mapToObj(epoch -> "" + tuner.config().keptPatches(epoch))
              .collect(Collectors.joining(" "));
      assertEquals(kept, found);
    }
  }

  @Test
  void patchesLeftOutCostNoOperations() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      FineTuneConfig config = tuner(encoder, 0.5, 0).config();
      LabelledImages images = LabelledImages.of(new Bars(12));
      FineTuneTask task =
          new FineTuneTask(config, encoder.weights(), images.images(), images.targets());
      assertEquals(0.5, task.workload(0).maskRatio());
      assertEquals(0, task.workload(1).maskRatio());
      assertEquals(forward(8), task.workload(0).encoderFlops());
      assertEquals(forward(16), task.workload(1).encoderFlops());
    }
  }

  /** Of width 16, 3 blocks, MLPs of 32, patches of 4 pixels and 3 classes. */
  private static long forward(int patches) {
    long tokens = 1L + patches;
    long linear = tokens * (16 * 48 + 16 * 16 + 16 * 32 + 32 * 16);
    long attention = 2 * tokens * tokens * 16;
    return 2 * (patches * 4L * 16 + 3 * (linear + attention) + 16 * 3);
  }

  @Test
  void aConfigurationOfBeforeLeavesOutNone() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      String json = tuner(encoder, 0.5).config().toJson();
      String before = json.replaceAll("\\s*\"patchDrop\": \\[[^]]*],", "");
      assertTrue(before.length() < json.length());
      assertEquals(16, FineTuneConfig.fromJson(before).keptPatches(0));
    }
  }

  @Test
  void ratesOutsideOfRangeAreRefused() {
    try (Encoder encoder = Bars.encoder()) {
      assertEquals(
          "patch drop: expected at least 0 and less than 1, found 1.0",
          assertThrows(IllegalArgumentException.class, () -> tuner(encoder, 1)).getMessage());
      assertEquals(
          "patch drop: expected no more rates than the plan has phases, 3, found 4",
          assertThrows(IllegalArgumentException.class, () -> tuner(encoder, 0, 0.5, 0.5, 0))
              .getMessage());
      FineTuneConfig config = TimmFineTuningTest.config("mean", "classes", UnfreezePlan.all(1));
      assertEquals(
          "keep: expected 1 to 6 patches of an image, found 7",
          assertThrows(IllegalArgumentException.class, () -> config.network().program(List.of(7)))
              .getMessage());
    }
  }
}
