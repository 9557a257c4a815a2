package ai.lacuna.probe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.encoder.PoolingSet;
import ai.lacuna.probe.ProtocolResult.Shots;
import ai.lacuna.serving.Pooling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProtocolsTest {
  private static final Encoder ENCODER = Stripes.encoder();
  private static final ImageDataset TRAIN = Stripes.of(120, 0);
  private static final ImageDataset TEST = Stripes.of(60, 1);

  /** On so little data the published rates need more steps. */
  private static final List<Protocol> SMALL =
      List.of(
          LogisticProtocol.standard(),
          new MaeProtocol(List.of(0.1, 10.0), 60, 5, 64),
          new DinoProtocol(List.of(1e-3, 0.1, 1.0), 30, 16),
          new NeighboursProtocol(List.of(1, 10), 0.07),
          new FewShotProtocol(List.of(1, 10), 3, 0.1, false));

  private static final LinearHead.InputSize INPUT =
      new LinearHead.InputSize(ENCODER.config().imageHeight(), ENCODER.config().imageWidth());

  @AfterAll
  static void close() {
    ENCODER.close();
  }

  private static LinearProbe.Builder probe() {
    return LinearProbe.builder(ENCODER).train(TRAIN).test(TEST).lastBlocks(2);
  }

  @Test
  void everyProtocolLearnsFromOneSetOfFeatures(@TempDir Path folder) throws IOException {
    ProbeReport report = probe().cache(FeatureCache.in(folder)).build().evaluate(SMALL);
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(2, files.count());
    }
    assertEquals(
        List.of("logistic", "mae", "dino", "knn", "few-shot"),
        report.results().stream().map(ProtocolResult::protocol).toList());
    for (ProtocolResult result : report.results().subList(0, 4)) {
      double top1 = result.test().orElseThrow().top1();
      assertTrue(top1 > 0.9, result.protocol() + ": " + top1 + ", " + result.trials());
      assertTrue(result.trials().size() > 1);
      assertEquals(result.protocol().equals("knn"), result.head().isEmpty());
      result.head().ifPresent(head -> assertEquals(Optional.of(INPUT), head.input()));
    }
    assertEquals(3 * 4, report.results().get(2).trials().size());
    assertEquals(2 * 2, report.results().get(3).trials().size());
  }

  @Test
  void moreImagesPerClassServeBetter() throws IOException {
    ProbeReport report = probe().build().evaluate(SMALL.subList(4, 5));
    List<Shots> shots = report.results().get(0).shots();
    assertEquals(List.of(1, 10), shots.stream().map(Shots::perClass).toList());
    assertEquals(3, shots.get(0).accuracies().size());
    assertTrue(shots.get(0).mean() < shots.get(1).mean(), shots.toString());
  }

  @Test
  void spreadIsTheDeviationOfASample() {
    Shots shots = new Shots(1, List.of(0.5, 0.7, 0.9));
    assertEquals(0.7, shots.mean(), 1e-12);
    assertEquals(0.2, shots.spread(), 1e-12);
  }

  @Test
  void theTestImagesHaveNoSayInWhatIsChosen() throws IOException {
    List<Protocol> some = SMALL.subList(0, 4);
    ProbeReport one = probe().build().evaluate(some);
    ProbeReport two = probe().test(Stripes.of(30, 9)).build().evaluate(some);
    for (int i = 0; i < some.size(); i++) {
      assertEquals(one.results().get(i).setting(), two.results().get(i).setting());
      assertEquals(one.results().get(i).trials(), two.results().get(i).trials());
    }
    assertEquals(one.best().protocol(), two.best().protocol());
  }

  @Test
  void logisticIsWhatTheProbeAloneFinds() throws IOException {
    ProbeResult alone = probe().build().run();
    ProtocolResult one =
        probe().build().evaluate(List.of(LogisticProtocol.standard())).results().get(0);
    assertArrayEquals(alone.head().weights(), one.head().orElseThrow().weights(), 1e-5f);
    assertEquals(alone.test().top1(), one.test().orElseThrow().top1());
  }

  /** Of nine in ten of one class: with a strong penalty everything is taken for that class. */
  @Test
  void aPlateauDoesNotEndTheSweep() {
    PoolingSet set = PoolingSet.covering(java.util.Set.of(Pooling.CLS));
    int[] labels = new int[100];
    float[] values = new float[labels.length * set.rows()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i % 10 == 0 ? 1 : 0;
      values[i * set.rows()] = labels[i];
    }
    FeatureStore store = FeatureStore.inMemory("rare", List.of(0), set, 1, labels, values);
    ProbeTask task =
        new ProbeTask(
            List.of(store),
            store,
            List.of("usual", "rare"),
            new FeatureChoice(List.of(0), Pooling.CLS),
            java.util.Set.of(Pooling.CLS),
            INPUT,
            ENCODER.weights().sha256(),
            ENCODER.device(),
            0.2,
            0,
            ProbeProgress.silent());
    ProtocolResult result = LogisticProtocol.standard().run(task);
    assertEquals(0.9, result.trials().get(0).accuracy(), 1e-9);
    assertEquals(0.9, result.trials().get(2).accuracy(), 1e-9);
    assertEquals(1, result.heldOutAccuracy());
    assertEquals(1, result.test().orElseThrow().top1());
  }

  @Test
  void strengthsAreTriedFromSmallToGreat() {
    assertEquals(
        List.of(0.1, 1.0, 10.0), new LogisticProtocol(List.of(10.0, 0.1, 1.0)).strengths());
    assertThrows(IllegalArgumentException.class, () -> new LogisticProtocol(List.of(1.0, 1 / 0.0)));
  }

  @Test
  void mirroredViewsAreHeldOutWithTheirImage() throws IOException {
    List<FeatureStore> views = new ArrayList<>();
    for (int view = 0; view < 2; view++) {
      views.add(store(TRAIN));
    }
    ProbeTask task =
        new ProbeTask(
            views,
            store(TEST),
            Stripes.CLASSES,
            new FeatureChoice(List.of(2), Pooling.CLS),
            java.util.Set.of(Pooling.CLS),
            INPUT,
            ENCODER.weights().sha256(),
            ENCODER.device(),
            0.1,
            0,
            ProbeProgress.silent());
    boolean[] heldOut = task.heldOut();
    int[] kept = task.rows(heldOut, false);
    assertEquals(2 * 108, kept.length);
    for (int row : kept) {
      assertTrue(!heldOut[row % 120]);
    }
    assertEquals(240, task.known(task.choice()).rows());
  }

  private static FeatureStore store(ImageDataset data) throws IOException {
    return FeatureCache.none()
        .open(ENCODER, data, List.of(2), List.of(Pooling.CLS), ProbeProgress.silent(), "features");
  }

  @Test
  void mirroredViewsDoubleTheRowsAndStillLearn() throws IOException {
    ProbeReport report = probe().mirrored(true).pooling(Pooling.CLS_GRID).build().evaluate(SMALL);
    assertTrue(report.mirrored());
    for (ProtocolResult result : report.results().subList(0, 4)) {
      assertTrue(result.test().orElseThrow().top1() > 0.9, result.protocol());
    }
  }

  @Test
  void fewShotAsksForNoMoreThanThereAre() throws IOException {
    LinearProbe probe = probe().train(Stripes.of(12, 0)).build();
    ProbeException e =
        assertThrows(
            ProbeException.class,
            () -> probe.evaluate(List.of(new FewShotProtocol(List.of(1, 5), 1, 1, false))));
    assertTrue(e.toString().contains("class flat: expected 5 images, found 4"), e.toString());
    List<Shots> shots =
        probe.evaluate(List.of(FewShotProtocol.standard())).results().get(0).shots();
    assertEquals(List.of(1), shots.stream().map(Shots::perClass).toList());
  }

  @Test
  void refusesSettingsThatMeanNothing() {
    assertThrows(IllegalArgumentException.class, () -> new LogisticProtocol(List.of()));
    assertThrows(IllegalArgumentException.class, () -> new MaeProtocol(List.of(0.1), 10, 10, 16));
    assertThrows(IllegalArgumentException.class, () -> new MaeProtocol(List.of(0.1), 10, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new DinoProtocol(List.of(-1.0), 10, 16));
    assertThrows(IllegalArgumentException.class, () -> new NeighboursProtocol(List.of(0), 0.07));
    assertThrows(IllegalArgumentException.class, () -> new FewShotProtocol(List.of(1), 0, 1, true));
    assertThrows(IllegalArgumentException.class, () -> probe().build().evaluate(List.of()));
  }
}
