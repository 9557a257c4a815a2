package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.data.Batch;
import ai.lacuna.data.DataException;
import ai.lacuna.data.EncodedImage;
import ai.lacuna.data.FileTransform;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Loader;
import ai.lacuna.data.Sample;
import ai.lacuna.data.Subset;
import ai.lacuna.data.Transform;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Prediction;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FineTunerTest {
  private static final double SAME = 1e-6;

  private final Path directory;

  FineTunerTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private FineTunerBuilder builder(Encoder encoder, String run) {
    return Bars.tuner(encoder, directory.resolve(run));
  }

  private static double figure(FineTuner.Result result, String name) {
    return Objects.requireNonNull(result.validation().get(name), name);
  }

  private static String strip(Exception e) {
    return String.valueOf(e.getMessage());
  }

  @Test
  void learnsToTellBarsApart() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      FineTuner.Result result =
          builder(encoder, "learns")
              .plan(UnfreezePlan.parse("head@1, last1@2, all@17"))
              .rates(new RateRule.Flat())
              .validation(new Bars(30, 1000, false))
              .build()
              .run();
      assertTrue(figure(result, "top1") > 0.9, result.validation().toString());
      try (FineTuned model = FineTuned.load(directory.resolve("learns"), Device.cpu())) {
        Scores scores = model.evaluate(LabelledImages.of(new Bars(30, 1000, false)));
        assertEquals(figure(result, "top1"), scores.figure("top1"));
        assertEquals(figure(result, "loss"), scores.figure("loss"), SAME);
        assertThrows(
            DataException.class, () -> model.evaluate(LabelledImages.of(new Bars(0, 0, false))));
      }
    }
  }

  @Test
  void frozenLayersStayAsTheyWere() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      NamedTensors head =
          builder(encoder, "head").plan(UnfreezePlan.head(2)).build().run().weights();
      assertSame(encoder.weights(), head, "blocks.2.attn.qkv.weight");
      assertSame(encoder.weights(), head, "cls_token");
      assertFalse(same(Map.of("head.bias", new float[3]), head, "head.bias"));
      NamedTensors top =
          builder(encoder, "top").plan(UnfreezePlan.lastBlocks(1, 2)).build().run().weights();
      assertSame(encoder.weights(), top, "blocks.1.mlp.fc2.bias");
      assertSame(encoder.weights(), top, "patch_embed.proj.weight");
      assertNotSame(encoder.weights(), top, "blocks.2.attn.qkv.weight");
      NamedTensors all = builder(encoder, "all").epochs(1).build().run().weights();
      assertNotSame(encoder.weights(), all, "patch_embed.proj.weight");
    }
  }

  @Test
  void groupsOfFactorZeroStayAsTheyWere() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      NamedTensors weights =
          builder(encoder, "zero")
              .epochs(1)
              .rates(RateRule.parse("groups:blocks.0.=0,blocks.0.norm1=1"))
              .build()
              .run()
              .weights();
      assertSame(encoder.weights(), weights, "blocks.0.attn.qkv.weight");
      assertNotSame(encoder.weights(), weights, "blocks.0.norm1.weight");
    }
  }

  @Test
  void weightsOfClassesAndBalancedDrawsCountEachClassAlike() throws IOException {
    ClassCounts counts = ClassCounts.of(new Bars(60, 0, true));
    // 40, 10 and 10 images
    assertEquals(60.0 / 3 / 40, counts.weight(0), SAME);
    assertEquals(60.0 / 3 / 10, counts.weight(2), SAME);
    int[] drawn = new int[3];
    for (int epoch = 0; epoch < 50; epoch++) {
      var balanced = counts.balanced(3, epoch);
      assertEquals(60, balanced.size());
      for (int i = 0; i < 60; i++) {
        drawn[balanced.label(i)]++;
      }
    }
    for (int label : drawn) {
      assertEquals(1000, label, 120); // 4.6 deviations of the binomial
    }
    try (Encoder encoder = Bars.encoder()) {
      for (var balance : FineTuneConfig.ClassBalance.values()) {
        FineTuner.Result result =
            FineTuner.builder(encoder, new Bars(60, 0, true))
                .batchSize(12)
                .epochs(1)
                .schedule(new RateSchedule.Constant())
                .balance(balance)
                .run(directory.resolve(balance.name()))
                .build()
                .run();
        assertEquals(5, result.steps());
      }
    }
  }

  @Test
  void anImageThatIsDrawnAgainIsAugmentedAgain() throws IOException {
    Bars bars = new Bars(60, 0, true);
    ImageDataset balanced = ClassCounts.of(bars).balanced(3, 0);
    Transform crops = FineTuneAugmentation.light().transform(Bars.PREPROCESSING, 60);
    FileTransform files =
        new FileTransform() {
          @Override
          public Pixels read(EncodedImage file, long seed, long epoch) {
            throw new AssertionError("bars are no files");
          }

          @Override
          public Pixels apply(Pixels image, long seed, long epoch, long sampleId) {
            return crops.apply(image, seed, epoch, sampleId);
          }
        };
    for (Transform transform : List.of(crops, files)) {
      Map<Long, Set<String>> views = new HashMap<>();
      Set<Long> ids = new HashSet<>();
      int draws = 0;
      try (Loader loader =
          Loader.builder(balanced).batchSize(20).seed(3).transform(transform).build()) {
        for (Batch batch : loader) {
          for (int i = 0; i < batch.size(); i++) {
            byte[] pixels = new byte[64];
            batch.images().slice(64 * i, 64).get(pixels);
            assertTrue(ids.add(batch.ids()[i]), "id " + batch.ids()[i]);
            assertEquals(balanced.id(draws), batch.ids()[i]);
            long image = batch.ids()[i] % (1L << 40);
            assertEquals(bars.label((int) image), batch.labels()[i]);
            views
                .computeIfAbsent(image, key -> new HashSet<>())
                .add(java.util.Arrays.toString(pixels));
            draws++;
          }
        }
      }
      int different = views.values().stream().mapToInt(Set::size).sum();
      assertEquals(60, draws);
      assertTrue(views.size() < 45, "images " + views.size());
      assertTrue(different > 50, "views " + different); // Few crops of 8 x 8 pixels are possible.
    }
  }

  @Test
  void predictsLabelsAndValues() throws IOException {
    Bars bars = new Bars(60);
    Map<Long, float[]> labels = new HashMap<>();
    Map<Long, float[]> values = new HashMap<>();
    for (int i = 0; i < 60; i++) {
      int kind = bars.label(i);
      labels.put((long) i, new float[] {kind < 2 ? 1 : 0, kind == 0 ? 1 : 0});
      values.put((long) i, new float[] {kind - 1});
    }
    try (Encoder encoder = Bars.encoder()) {
      for (Targets targets :
          List.of(
              Targets.labels(List.of("bar", "flat"), labels),
              Targets.values(List.of("kind"), values))) {
        LabelledImages images = new LabelledImages(bars, targets);
        FineTuner.Result result =
            FineTuner.builder(encoder, images)
                .batchSize(12)
                .learningRate(0.1)
                .schedule(new RateSchedule.Constant())
                .rates(new RateRule.Flat())
                .augmentation(FineTuneAugmentation.none())
                .epochs(20)
                .validation(images)
                .run(directory.resolve(targets.target().name()))
                .build()
                .run();
        String figure = targets.target() == HeadConfig.Target.LABELS ? "f1" : "r2";
        assertTrue(figure(result, figure) > 0.7, result.validation().toString());
      }
    }
  }

  @Test
  void fromScratchTheEncodersWeightsAreOthers() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      NamedTensors weights =
          builder(encoder, "scratch")
              .plan(UnfreezePlan.head(1))
              .fromScratch()
              .seed(5)
              .build()
              .run()
              .weights();
      assertNotSame(encoder.weights(), weights, "blocks.0.attn.qkv.weight");
    }
  }

  @Test
  void aRateTooGreatIsSeenByTheFinder() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      RateFinder.Curve curve = builder(encoder, "none").epochs(1).build().findRate();
      assertFalse(Files.exists(directory.resolve("none")));
      double suggested = curve.suggestedBaseRate() * 12 / 256;
      assertTrue(suggested > 1e-6 && suggested < 1, "rate " + suggested);
      assertEquals(1e-7, curve.points().get(0).learningRate(), 1e-12);
    }
  }

  @Test
  void exportsItselfAndItsEncoder() throws IOException {
    Bars bars = new Bars(12);
    List<Pixels> images = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      images.add(bars.get(i).pixels());
    }
    try (Encoder encoder = Bars.encoder()) {
      for (HeadConfig.Pooling pooling : HeadConfig.Pooling.values()) {
        FineTuner.Result result =
            builder(encoder, "out-" + pooling).pooling(pooling).epochs(2).build().run();
        try (FineTuned model = result.open(Device.cpu());
            OnnxClassifier onnx =
                model.export(directory.resolve("bundle-" + pooling), images).classifier();
            Encoder tuned = model.encoder(Device.cpu())) {
          float[][] right = model.logits(images);
          float[][] found = onnx.logits(images);
          for (int i = 0; i < right.length; i++) {
            assertArrayEquals(right[i], found[i], 1e-4f);
          }
          assertEquals(bars.classNames(), onnx.manifest().labels());
          assertAlike(onnx.classify(images, 2), model.classify(images, 2));
          float[] read = model.embed(images).clone()[0];
          float[] cls = tuned.embed(images.subList(0, 1), Pooling.CLS)[0];
          if (pooling == HeadConfig.Pooling.CLS) {
            assertArrayEquals(read, cls, 1e-5f);
          } else {
            assertEquals(read.length, cls.length);
          }
        }
      }
    }
  }

  private static void assertAlike(List<List<Prediction>> right, List<List<Prediction>> found) {
    assertEquals(right.size(), found.size());
    for (int i = 0; i < right.size(); i++) {
      for (int k = 0; k < 2; k++) {
        assertEquals(right.get(i).get(k).label(), found.get(i).get(k).label());
        assertEquals(right.get(i).get(k).probability(), found.get(i).get(k).probability(), 1e-5);
      }
      assertEquals(2, found.get(i).size());
    }
  }

  @Test
  void classifiesAFileAndRefusesWhatHasNoClasses() throws IOException {
    Pixels image = new Bars(3).get(0).pixels();
    Path file = directory.resolve("bar.png");
    ImageIO.write(image.toBufferedImage(), "png", file.toFile());
    try (Encoder encoder = Bars.encoder()) {
      FineTuner.Result result = builder(encoder, "classes").epochs(1).build().run();
      try (FineTuned model = result.open(Device.cpu())) {
        List<Prediction> all = model.classify(file, 9);
        assertEquals(3, all.size());
        assertEquals(1, all.stream().mapToDouble(Prediction::probability).sum(), SAME);
        assertThrows(IllegalArgumentException.class, () -> model.classify(file, 0));
      }
    }
    Probabilities labels = new Probabilities(HeadConfig.Target.LABELS, List.of("a", "b"));
    assertEquals(
        List.of(
            List.of(
                new Prediction("b", 1, 1 / (1 + Math.exp(-2))),
                new Prediction("a", 0, 1 / (1 + Math.exp(1))))),
        labels.best(new float[][] {{-1, 2}}, 2));
    Probabilities values = new Probabilities(HeadConfig.Target.VALUES, List.of("width"));
    String message =
        strip(assertThrows(IllegalStateException.class, () -> values.best(new float[][] {{1}}, 1)));
    assertTrue(message.contains("found one of the values [width]; logits(...) gives"), message);
  }

  /** Bars whose first image can't be decoded. */
  private record DamagedBars(Bars whole) implements ImageDataset {
    @Override
    public int size() {
      return whole.size();
    }

    @Override
    public Sample get(int index) {
      if (index == 0) {
        throw new ImageException("0.png: expected a whole image, found damaged data");
      }
      return whole.get(index);
    }

    @Override
    public int label(int index) {
      return whole.label(index);
    }

    @Override
    public List<String> classNames() {
      return whole.classNames();
    }

    @Override
    public String name() {
      return "damaged bars";
    }
  }

  @Test
  void aDamagedImageIsLeftOutOfThoseThatEpochsAreJudgedOn() throws IOException {
    DamagedBars damaged = new DamagedBars(new Bars(30));
    try (Encoder encoder = Bars.encoder()) {
      FineTuner.Result result =
          builder(encoder, "damaged").epochs(1).validation(damaged).maxCorrupt(0.05).build().run();
      try (FineTuned model = result.open(Device.cpu())) {
        LabelledImages images = LabelledImages.of(damaged);
        assertEquals(29, model.evaluate(images, 2, 0.05).images());
        assertThrows(DataException.class, () -> model.evaluate(images));
      }
      FineTuner strict =
          builder(encoder, "strict").epochs(1).validation(damaged).maxCorrupt(0).build();
      assertThrows(DataException.class, strict::run);
    }
  }

  @Test
  void imagesOfOtherChannelsAreRefusedBeforeTheRunBegins() {
    VitConfig two = new VitConfig(8, 8, 2, 2, 16, 1, 2, 2, VitConfig.Positions.SIN_COS);
    Preprocessing preprocessing =
        new Preprocessing(8, 8, 2, List.of(0.4, 0.4), List.of(0.3, 0.3), Interpolation.BICUBIC, 1);
    Normalization normalization = new Normalization(preprocessing.mean(), preprocessing.std());
    NamedTensors weights = Weights.initial(new VisionTransformer(two, normalization).program(), 1);
    try (Encoder encoder = Encoder.of("two", two, preprocessing, weights, Device.cpu())) {
      String channels =
          strip(assertThrows(DataException.class, () -> builder(encoder, "no").build()));
      assertTrue(channels.contains("bars: expected images with 2 channels"), channels);
      assertTrue(channels.contains("'lacuna import --channels 1'"), channels);
    }
  }

  @Test
  void saysWhatDoesNotFit() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      String blocks =
          strip(
              assertThrows(
                  IllegalArgumentException.class,
                  () -> builder(encoder, "no").plan(UnfreezePlan.parse("last4@1")).build()));
      assertTrue(blocks.contains("expected at most the 3 blocks"), blocks);
      assertEquals(
          new RateSchedule.Cosine(0.5),
          FineTuner.builder(encoder, new Bars(60)).epochs(1).build().config().recipe().schedule());
      assertThrows(IllegalArgumentException.class, () -> builder(encoder, "no").batchSize(0));
      for (String rates : List.of("flat:0.5", "decay", "slice:2", "groups:head")) {
        assertThrows(IllegalArgumentException.class, () -> RateRule.parse(rates), rates);
      }
      for (String schedule : List.of("one-cycle:3", "constant:1", "cosine:x", "cosine:-1")) {
        assertThrows(IllegalArgumentException.class, () -> RateSchedule.parse(schedule), schedule);
      }
      assertThrows(IllegalArgumentException.class, () -> builder(encoder, "no").patience(-1));
      ImageDataset flat = Subset.of(new Bars(60), new int[] {0, 3}, "flat bars");
      String few =
          strip(
              assertThrows(
                  IllegalArgumentException.class,
                  () -> FineTuner.builder(encoder, flat).validationShare(0.1)));
      assertTrue(few.contains("flat bars: expected a share held out"), few);
      String classes =
          strip(
              assertThrows(
                  DataException.class, () -> FineTuner.builder(encoder, new Bars(1)).build()));
      assertTrue(classes.contains("none of [upright, none]"), classes);
      try (Stream<Path> left = Files.list(directory)) {
        assertEquals(0, left.count());
      }
    }
  }

  private static void assertSame(NamedTensors expected, NamedTensors found, String name) {
    assertArrayEquals(expected.require(name).toFloats(), found.require(name).toFloats(), name);
  }

  private static void assertNotSame(NamedTensors expected, NamedTensors found, String name) {
    assertNotEquals(
        List.of(expected.require(name).toFloats()[0], expected.require(name).toFloats()[1]),
        List.of(found.require(name).toFloats()[0], found.require(name).toFloats()[1]),
        name);
  }

  private static boolean same(Map<String, float[]> expected, NamedTensors found, String name) {
    return java.util.Arrays.equals(expected.get(name), found.require(name).toFloats());
  }
}
