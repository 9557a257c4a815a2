package ai.lacuna.probe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.data.Subset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinearProbeTest {
  private static final Encoder ENCODER = Stripes.encoder();
  private static final ImageDataset TRAIN = Stripes.of(120, 0);
  private static final ImageDataset TEST = Stripes.of(60, 1);

  private final Path folder;

  LinearProbeTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @AfterAll
  static void close() {
    ENCODER.close();
  }

  @Test
  void learnsWhatTheFeaturesShow() throws IOException {
    ProbeResult result = probe().build().run();
    assertTrue(result.test().top1() > 0.95, "top-1 " + result.test().top1());
    assertEquals(1, result.test().top5());
    assertEquals(60, result.test().images());
    assertEquals(2 * 2 * 16, result.head().features());
    assertEquals(List.of(1, 2), result.head().blocks());
    int sum = 0;
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) {
        sum += result.test().count(a, b);
      }
    }
    assertEquals(60, sum);
    assertEquals(
        result.test().top1(),
        (result.test().accuracy(0) + result.test().accuracy(1) + result.test().accuracy(2)) / 3,
        1e-9);
  }

  @Test
  void givesAHeadThatWorksOnRawFeatures() throws IOException {
    ProbeResult result = probe().build().run();
    int[] predicted = result.test().predicted();
    List<Pixels> images = new ArrayList<>();
    for (int i = 0; i < TEST.size(); i++) {
      images.add(TEST.get(i).pixels());
    }
    float[][] features = ENCODER.features(images, List.of(1, 2), Pooling.CLS_MEAN);
    for (int i = 0; i < predicted.length; i++) {
      float[] logits = result.head().logits(features[i]);
      for (float logit : logits) {
        assertTrue(logit <= logits[predicted[i]]);
      }
    }
    assertThrows(IllegalArgumentException.class, () -> result.head().logits(new float[3]));
  }

  @Test
  void choosesTheStrengthWithoutTheTestData() throws IOException {
    ImageDataset other = new Stripes(30, 9, TEST.classNames());
    ProbeResult one = probe().build().run();
    ProbeResult two = probe().test(other).build().run();
    assertEquals(one.c(), two.c());
    assertEquals(one.sweep(), two.sweep());
    assertArrayEquals(one.head().weights(), two.head().weights());
    assertEquals(
        List.of(0.5),
        probe().c(0.5).build().run().sweep().stream().map(ProbeResult.Trial::c).toList());
  }

  @Test
  void savesAndLoadsTheHead() throws IOException {
    LinearHead head = probe().build().run().head();
    Path file = folder.resolve("head.safetensors");
    head.save(file);
    LinearHead loaded = LinearHead.load(file);
    assertArrayEquals(head.weights(), loaded.weights());
    assertArrayEquals(head.bias(), loaded.bias());
    assertEquals(head.classNames(), loaded.classNames());
    assertEquals(head.blocks(), loaded.blocks());
    assertEquals(head.pooling(), loaded.pooling());
    assertTrue(head.input().isPresent());
    assertEquals(head.input(), loaded.input());
    LinearHead old =
        LinearHead.of(
            head.weights(), head.bias(), head.classNames(), head.blocks(), head.pooling());
    old.save(file);
    assertEquals(Optional.empty(), LinearHead.load(file).input());
    LinearHead wide = old.withInput(new LinearHead.InputSize(160, 320));
    wide.save(file);
    assertEquals(wide.input(), LinearHead.load(file).input());
  }

  @Test
  void refusesAFileThatIsNoHead() throws IOException {
    Path file = folder.resolve("other.safetensors");
    NamedTensors tensors =
        NamedTensors.builder().add("head.weight", Tensor.of(new float[4], 2, 2)).build();
    Safetensors.write(file, tensors, Map.of());
    ProbeException e = assertThrows(ProbeException.class, () -> LinearHead.load(file));
    assertTrue(e.toString().contains("expected a linear head"), e.toString());
    Safetensors.write(
        file,
        NamedTensors.builder()
            .add("head.weight", Tensor.of(new float[4], 2, 2))
            .add("head.bias", Tensor.of(new float[2], 2))
            .build(),
        Map.of("format", "lacuna.linear-head.v1", "class_names", "[1"));
    assertThrows(ProbeException.class, () -> LinearHead.load(file));
    Safetensors.write(
        file,
        NamedTensors.builder()
            .add("head.weight", Tensor.of(new float[4], 2, 2))
            .add("head.bias", Tensor.of(new float[2], 2))
            .build(),
        Map.of(
            "format",
            "lacuna.linear-head.v1",
            "class_names",
            "[\"a\", \"b\"]",
            "blocks",
            "[0]",
            "pooling",
            "cls",
            "input_size",
            "0x28"));
    assertThrows(ProbeException.class, () -> LinearHead.load(file));
    Files.writeString(file, "<html>");
    assertThrows(WeightsException.class, () -> LinearHead.load(file));
  }

  @Test
  void keepsFeaturesInFilesAndMendsDamagedOnes() throws IOException {
    FeatureCache cache = FeatureCache.in(folder.resolve("cache"));
    List<String> stages = new ArrayList<>();
    float[] first = features(cache, stages);
    assertEquals(2, stages.size());
    assertArrayEquals(first, features(cache, stages));
    assertEquals(3, stages.size());
    try (Stream<Path> files = Files.list(folder.resolve("cache"))) {
      List<Path> kept = files.toList();
      assertEquals(1, kept.size());
      Files.writeString(kept.get(0), "garbage");
    }
    assertArrayEquals(first, features(cache, stages));
    assertArrayEquals(first, features(FeatureCache.none(), stages));
  }

  private static float[] features(FeatureCache cache, List<String> stages) throws IOException {
    return cache
        .features(
            ENCODER,
            TRAIN,
            List.of(2),
            Pooling.MEAN,
            (stage, done, total) -> stages.add(stage),
            "features")
        .values();
  }

  @Test
  void rejectsDataOnWhichNothingCanBeFitted() {
    assertRejected(
        ProbeException.class,
        probe().train(new Stripes(120, 0, List.of("flat"))),
        "at least 2 classes");
    List<String> four = List.of("flat", "rows", "columns", "dots");
    assertRejected(
        ProbeException.class,
        probe().train(new Stripes(120, 0, four)).test(new Stripes(6, 0, four)),
        "found none of [dots]");
    assertRejected(
        DataException.class, probe().test(new Stripes(0, 0, TRAIN.classNames())), "found none");
    assertRejected(DataException.class, probe().test(new Stripes(6, 0, four)), "the same classes");
    assertRejected(
        DataException.class,
        probe().test(Subset.of(new Unlabelled(TEST), new int[] {0}, "others")),
        "others, sample 0: expected a label from 0 to 2, found 3");
    assertRejected(
        ProbeException.class, probe().train(new Stripes(3, 0, TRAIN.classNames())), "2 images");
    assertThrows(IllegalArgumentException.class, () -> probe().lastBlocks(4));
    assertThrows(IllegalArgumentException.class, () -> probe().blocks(List.of(3)));
    assertThrows(IllegalArgumentException.class, () -> probe().c(0));
    assertThrows(IllegalStateException.class, () -> LinearProbe.builder(ENCODER).build());
  }

  /** Labels every image with a class that there is not. */
  private record Unlabelled(ImageDataset whole) implements ImageDataset {
    @Override
    public int size() {
      return whole.size();
    }

    @Override
    public Sample get(int index) throws IOException {
      return new Sample(index, whole.get(index).pixels(), classNames().size());
    }

    @Override
    public List<String> classNames() {
      return whole.classNames();
    }

    @Override
    public String name() {
      return whole.name();
    }
  }

  @Test
  void rejectsAnEncoderOfOtherChannelsThanTheImagesConvertTo() {
    try (Encoder twoChannels = Stripes.encoder(2)) {
      assertRejected(
          DataException.class,
          LinearProbe.builder(twoChannels).train(TRAIN).test(TEST),
          "expected images with 2 channels, as the encoder has, found 1; images convert between grey"
              + " (1) and colour (3) alone: take an encoder with 1, such as 'lacuna import"
              + " --channels 1' makes");
    }
  }

  @Test
  void theHeadExportsItselfWithItsEncoder() throws IOException {
    ProbeResult result = probe().build().run();
    List<Pixels> images = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      images.add(TEST.get(i).pixels());
    }
    try (OnnxClassifier served =
        result.head().export(ENCODER, folder.resolve("bundle"), images).classifier()) {
      float[][] logits = served.logits(images);
      int[] predicted = result.test().predicted();
      for (int i = 0; i < images.size(); i++) {
        float[] scores = logits[i];
        int best =
            IntStream.range(0, scores.length).reduce(0, (a, b) -> scores[b] > scores[a] ? b : a);
        assertEquals(predicted[i], best);
      }
      assertEquals(TRAIN.classNames(), served.manifest().labels());
    }
    LinearHead other = result.head().withInput(new LinearHead.InputSize(32, 64));
    String message =
        strip(
            assertThrows(
                IllegalArgumentException.class,
                () -> other.export(ENCODER, folder.resolve("no"), images)));
    assertTrue(message.contains("expected an encoder of 32x64 images"), message);
  }

  @Test
  void anotherThreadCanStopIt() {
    for (String stage : List.of("test features", "choose C", "fit")) {
      List<LinearProbe> itself = new ArrayList<>();
      LinearProbe probe =
          probe()
              .progress(
                  (at, done, total) -> {
                    if (at.equals(stage)) {
                      CompletableFuture.runAsync(itself.get(0)::stop).join();
                    }
                  })
              .build();
      itself.add(probe);
      CancellationException stopped = assertThrows(CancellationException.class, probe::run);
      assertTrue(strip(stopped).contains("stopped at "), strip(stopped));
    }
  }

  private static String strip(Exception e) {
    return String.valueOf(e.getMessage());
  }

  private static void assertRejected(
      Class<? extends RuntimeException> kind, LinearProbe.Builder probe, String part) {
    RuntimeException e = assertThrows(kind, () -> probe.build().run());
    assertTrue(e.toString().contains(part), e.toString());
  }

  private static LinearProbe.Builder probe() {
    return LinearProbe.builder(ENCODER).train(TRAIN).test(TEST).lastBlocks(2);
  }
}
