package ai.lacuna.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.finetune.RateRule;
import ai.lacuna.finetune.RateSchedule;
import ai.lacuna.finetune.UnfreezePlan;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.run.Progress;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;
import ai.lacuna.train.Numerics;
import ai.lacuna.vit.SegmentationHead;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SegmenterTest {
  private static final double SAME = 1e-5;

  private final Path directory;

  SegmenterTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private SegmenterBuilder builder(Encoder encoder, String run) {
    return Segmenter.builder(encoder, Blocks.of(48, 0))
        .batchSize(12)
        .learningRate(0.2)
        .schedule(new RateSchedule.Constant())
        .rates(new RateRule.Flat())
        .augmentation(SegmentAugmentation.none())
        .headWidth(8)
        .logEvery(1)
        .run(directory.resolve(run));
  }

  @ParameterizedTest
  @EnumSource(SegmentationHead.Kind.class)
  void learnsToFindBlocks(SegmentationHead.Kind kind) throws IOException {
    try (Encoder encoder = Blocks.encoder()) {
      Segmenter.Result result =
          builder(encoder, "learns")
              .head(kind)
              .plan(UnfreezePlan.parse("head@5, all@25"))
              .validation(Blocks.of(24, 1000))
              .build()
              .run();
      try (Segmented model = Segmented.load(directory.resolve("learns"), Device.cpu())) {
        SegmentationScores scores = model.evaluate(Blocks.of(24, 1000));
        assertEquals(result.validation(), scores.figures());
        assertEquals(24 * (Blocks.SIDE * Blocks.SIDE - 1), scores.pixels());
        assertTrue(scores.meanIou() > 0.9, scores.toString());
        Pixels joined = new Blocks(1, 2000).get(0).pixels();
        Pixels image = Masks.image(joined);
        Pixels found = model.predict(image);
        byte[] expected = Masks.mask(joined).data();
        int right = 0;
        for (int i = 0; i < expected.length; i++) {
          right += found.data()[i] == expected[i] ? 1 : 0;
        }
        assertTrue(right > 55, right + " of 64 pixels");
      }
    }
  }

  /** Blocks whose first image can't be decoded. */
  private record DamagedBlocks(Blocks whole) implements ImageDataset {
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
    public List<String> classNames() {
      return whole.classNames();
    }

    @Override
    public String name() {
      return "damaged blocks";
    }
  }

  @Test
  void aDamagedImageIsLeftOutOfThoseThatEpochsAreJudgedOn() throws IOException {
    MaskedImages damaged = new MaskedImages(new DamagedBlocks(new Blocks(24, 0)), Blocks.CLASSES);
    try (Encoder encoder = Blocks.encoder()) {
      Segmenter.Result result =
          builder(encoder, "damaged").epochs(1).validation(damaged).maxCorrupt(0.05).build().run();
      try (Segmented model = result.open(Device.cpu())) {
        SegmentationScores scores = model.evaluate(damaged, 0.05);
        assertEquals(23, scores.images());
        assertEquals(result.validation(), scores.figures());
        assertThrows(ImageException.class, () -> model.evaluate(damaged));
        assertThrows(DataException.class, () -> model.evaluate(damaged, 0.01));
      }
    }
  }

  @Test
  void aLargerImageGetsAMaskOfItsSize() throws IOException {
    try (Encoder encoder = Blocks.encoder();
        Segmented model = builder(encoder, "size").maxSteps(1).build().run().open(Device.cpu())) {
      Pixels mask = model.predict(Pixels.of(19, 30, 3, new byte[19 * 30 * 3]));
      assertEquals("Pixels[19, 30, 1]", mask.toString());
    }
  }

  /** The loss of the first step, by the graph, and of the same images, by loops in double. */
  @Test
  void theLossIsThatOfALoopOverPixels() throws IOException {
    try (Encoder encoder = Blocks.encoder()) {
      List<Double> losses = losses(builder(encoder, "one").batchSize(48).maxSteps(1));
      Segmenter.Result untrained = builder(encoder, "none").batchSize(48).maxSteps(0).build().run();
      try (Segmented model = untrained.open(Device.cpu())) {
        assertEquals(model.evaluate(Blocks.of(48, 0)).loss(), losses.get(0), SAME);
      }
    }
  }

  @Test
  void theEncoderStaysAsItWasUnderAHead() throws IOException {
    try (Encoder encoder = Blocks.encoder()) {
      NamedTensors weights = builder(encoder, "head").maxSteps(3).build().run().weights();
      for (String name : List.of("blocks.1.mlp.fc2.weight", "norm.weight", "cls_token")) {
        float[] before = encoder.weights().require(name).toFloats();
        boolean top = name.startsWith("norm.");
        assertEquals(!top, Arrays.equals(before, weights.require(name).toFloats()), name);
      }
      try (Segmented model = Segmented.load(directory.resolve("head"), Device.cpu());
          Encoder own = model.encoder(Device.cpu())) {
        assertEquals(encoder.config(), own.config());
      }
      assertFalse(FineTuned.isRun(directory.resolve("head")));
    }
  }

  @Test
  void goesOnAsIfItHadNotStopped() throws IOException {
    try (Encoder encoder = Blocks.encoder()) {
      NamedTensors whole = everything(encoder, "whole").build().run().weights();
      for (int stop : new int[] {3, 5, 9}) {
        everything(encoder, "parts").maxSteps(stop).build().run();
      }
      NamedTensors parts = everything(encoder, "parts").build().run().weights();
      assertEquals(whole.sha256(), parts.sha256());
      assertEquals(
          Checkpoint.newest(directory.resolve("whole")).orElseThrow().optimizer().sha256(),
          Checkpoint.newest(directory.resolve("parts")).orElseThrow().optimizer().sha256());
    }
  }

  private SegmenterBuilder everything(Encoder encoder, String run) {
    return builder(encoder, run)
        .head(SegmentationHead.Kind.CONV)
        .plan(UnfreezePlan.parse("head@1, last1@1, all@1"))
        .schedule(new RateSchedule.OneCycle())
        .augmentation(new SegmentAugmentation(0.5, true, 0.3))
        .learningRate(0.02)
        .dropPath(0.2)
        .averageWeights(0.9);
  }

  @Test
  void partsOfABatchGiveTheStepOfTheWhole() throws IOException {
    try (Encoder encoder = Blocks.encoder()) {
      List<Double> whole = losses(everything(encoder, "one"));
      List<Double> parts =
          losses(everything(encoder, "three").numerics(Numerics.plain().withAccumulation(3)));
      List<Double> again =
          losses(
              everything(encoder, "again")
                  .numerics(Numerics.plain().withCheckpointActivations(true)));
      assertEquals(12, whole.size());
      for (int i = 0; i < whole.size(); i++) {
        assertEquals(whole.get(i), parts.get(i), 1e-4);
        assertEquals(whole.get(i), again.get(i), 1e-4);
      }
    }
  }

  private static List<Double> losses(SegmenterBuilder builder) throws IOException {
    List<Double> losses = new ArrayList<>();
    builder
        .progress(
            new Progress() {
              @Override
              public void onStep(Progress.Step step) {
                losses.add(step.loss());
              }
            })
        .build()
        .run();
    return losses;
  }

  @Test
  void saysWhatDoesNotFit() throws IOException {
    try (Encoder encoder = Blocks.encoder()) {
      builder(encoder, "taken").maxSteps(1).build().run();
      Segmenter other = builder(encoder, "taken").head(SegmentationHead.Kind.CONV).build();
      String head = message(assertThrows(IllegalArgumentException.class, other::run));
      assertTrue(head.contains("head.kind: there \"LINEAR\", here \"CONV\""), head);
      SegmenterBuilder impatient = builder(encoder, "no").patience(2);
      String patience = message(assertThrows(IllegalArgumentException.class, impatient::build));
      assertTrue(patience.startsWith("patience: expected validation"), patience);
    }
    String none =
        message(
            assertThrows(
                IllegalArgumentException.class, () -> Segmented.load(directory, Device.cpu())));
    assertTrue(none.contains("expected the directory of a segmenter's run"), none);
  }

  private static String message(Exception e) {
    return String.valueOf(e.getMessage());
  }

  @Test
  void aConfigurationIsReadAsItWasWritten() {
    try (Encoder encoder = Blocks.encoder()) {
      SegmenterConfig config = everything(encoder, "never").build().config();
      assertEquals(config, SegmenterConfig.fromJson(config.toJson()));
    }
  }
}
