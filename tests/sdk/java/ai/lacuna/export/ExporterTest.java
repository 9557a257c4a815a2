package ai.lacuna.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.graph.onnx.OnnxTarget;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExporterTest {
  private static final ClassifierHead HEAD = TinyNetwork.head(List.of(0, 1), Pooling.CLS_MEAN);

  private final Path folder;
  private final Path target;
  private final List<Pixels> images = TinyNetwork.images(5);

  ExporterTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.target = folder.resolve("bundle");
  }

  @Test
  void writesEveryFileAndNothingElse() throws IOException {
    Bundle bundle = TinyNetwork.exporter().withHead(HEAD).write(target, images);
    assertTrue(bundle.hasClassifier());
    assertEquals(
        new TreeSet<>(
            Set.of(
                "encoder.pt",
                "encoder.onnx",
                "classifier.pt",
                "classifier.onnx",
                "sample.safetensors",
                "manifest.json",
                "serving.properties")),
        names(target));
    assertEquals(Set.of("bundle"), names(folder));
    assertEquals(HEAD.labels(), bundle.manifest().labels());
    assertEquals(23, bundle.manifest().opset());
  }

  @ParameterizedTest
  @EnumSource(OnnxTarget.class)
  void measuresEveryRuntimeInEveryBatchSize(OnnxTarget onnx) throws IOException {
    Bundle bundle = TinyNetwork.exporter().withHead(HEAD).withTarget(onnx).write(target, images);
    Set<String> measured =
        bundle.manifest().parity().stream()
            .map(p -> p.candidate() + " " + p.output() + " " + p.batchSize())
            .collect(Collectors.toSet());
    assertEquals(12, measured.size());
    for (Manifest.Parity parity : bundle.manifest().parity()) {
      assertTrue(parity.maxAbsError() < Exporter.TOLERANCE, parity.toString());
      assertTrue(parity.minCosine() > 0.999999, parity.toString());
      assertEquals(1.0, parity.top1Agreement());
    }
    assertEquals(onnx.opset(), bundle.manifest().opset());
  }

  @Test
  void exportsAnEncoderAlone() throws IOException {
    Bundle bundle = TinyNetwork.exporter().write(target, images);
    assertFalse(bundle.hasClassifier());
    assertEquals(List.of(), bundle.manifest().labels());
    assertEquals(6, bundle.manifest().parity().size());
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void classifiesOnFeaturesOfChosenBlocks(Pooling pooling) throws IOException {
    ClassifierHead head = TinyNetwork.head(List.of(0), pooling);
    Bundle bundle = TinyNetwork.exporter().withHead(head).write(target, images);
    assertEquals(12, bundle.manifest().parity().size());
  }

  @Test
  void sampleHoldsTheAnswersOfTheBundle() throws IOException {
    Bundle bundle = TinyNetwork.exporter().withHead(HEAD).write(target, images);
    NamedTensors sample = Safetensors.read(bundle.require(Manifest.SAMPLE));
    try (OnnxEncoder encoder = bundle.encoder();
        OnnxClassifier classifier = bundle.classifier()) {
      assertRows(sample.require("cls"), encoder.embed(images, Pooling.CLS));
      assertRows(sample.require("mean"), encoder.embed(images, Pooling.MEAN));
      assertRows(sample.require("logits"), classifier.logits(images));
    }
    assertArrayEquals(new long[] {5, 28, 28, 1}, sample.require("images").shape());
  }

  @Test
  void mismatchLeavesTheOldBundle() throws IOException {
    TinyNetwork.exporter().write(target, images);
    String before = Files.readString(target.resolve("manifest.json"));
    ExportException e =
        assertThrows(
            ExportException.class,
            () -> TinyNetwork.exporter().withTolerance(0).write(target, images));
    assertTrue(e.toString().contains("no bundle was written"), e.toString());
    assertEquals(before, Files.readString(target.resolve("manifest.json")));
    assertEquals(Set.of("bundle"), names(folder));
  }

  /** Features have one bound whatever the head; a head's logits are bounded by their own scale. */
  @Test
  void theBoundOfLogitsGrowsWithTheLargestLogit() throws IOException {
    float[] weights = HEAD.weight().toFloats();
    for (int i = 0; i < weights.length; i++) {
      weights[i] *= 500;
    }
    ClassifierHead large =
        new ClassifierHead(
            HEAD.labels(),
            HEAD.blocks(),
            HEAD.pooling(),
            Tensor.of(weights, HEAD.weight().shape()),
            HEAD.bias());
    Bundle bundle = TinyNetwork.exporter().withHead(large).write(target, images);
    double largest = 0;
    for (float logit :
        Safetensors.read(bundle.require(Manifest.SAMPLE)).require("logits").toFloats()) {
      largest = Math.max(largest, Math.abs(logit));
    }
    assertTrue(largest > 10, "largest logit " + largest);
    for (Manifest.Parity parity : bundle.manifest().parity()) {
      double expected = Exporter.TOLERANCE * (parity.output().equals("logits") ? largest : 1);
      assertEquals(expected, parity.limit(), 1e-3 * expected, parity.toString());
      assertTrue(parity.maxAbsError() <= parity.limit(), parity.toString());
    }
  }

  @Test
  void replacesAnOlderBundle() throws IOException {
    TinyNetwork.exporter().withHead(HEAD).write(target, images);
    TinyNetwork.exporter().write(target, images);
    assertFalse(Files.exists(target.resolve("classifier.onnx")));
    assertEquals(Set.of("bundle"), names(folder));
  }

  @Test
  void mendsACrashBetweenTwoRenames() throws IOException {
    TinyNetwork.exporter().write(target, images);
    Files.move(target, folder.resolve(".bundle.old"));
    assertThrows(
        ExportException.class, () -> TinyNetwork.exporter().withTolerance(0).write(target, images));
    assertEquals("tiny.random", Bundle.open(target).manifest().name());
  }

  /** A living process holds the lock of the second; the third has no mark yet, or none any more. */
  @Test
  void removesWhatAKilledExportHasLeft() throws IOException {
    Path dead = Files.createDirectory(folder.resolve(".bundle.7-1.part"));
    Files.writeString(dead.resolve(".lock"), "");
    Files.writeString(dead.resolve("encoder.onnx"), "half");
    Path fresh = Files.createDirectory(folder.resolve(".bundle.7-3.part"));
    Path other = Files.createDirectory(folder.resolve(".bundle.mine.part"));
    Files.writeString(other.resolve(".lock"), "");
    Path alive = Files.createDirectory(folder.resolve(".bundle.7-2.part"));
    try (FileChannel channel =
            FileChannel.open(
                alive.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      TinyNetwork.exporter().write(target, images);
      assertTrue(lock.isValid());
    }
    assertFalse(Files.exists(dead));
    for (Path kept : List.of(fresh, other, alive)) {
      assertTrue(Files.isDirectory(kept), kept.toString());
    }
    assertFalse(Files.exists(target.resolve(".lock")));
  }

  @Test
  void refusesAFolderOfOtherFiles() throws IOException {
    Files.createDirectory(target);
    Files.writeString(target.resolve("thesis.tex"), "x");
    ExportException e =
        assertThrows(ExportException.class, () -> TinyNetwork.exporter().write(target, images));
    assertTrue(e.toString().contains("choose another folder"), e.toString());
    assertEquals(Set.of("thesis.tex"), names(target));
  }

  @Test
  void refusesWeightsOfAnotherArchitecture() {
    Exporter exporter =
        Exporter.of("wide", TinyNetwork.CONFIG.withImage(28, 14, 1), half(), TinyNetwork.weights());
    WeightsException e = assertThrows(WeightsException.class, () -> exporter.write(target, images));
    assertTrue(e.toString().contains("pos_embed"), e.toString());
    assertFalse(Files.exists(target));
  }

  @Test
  void refusesAHeadOfAnotherWidth() {
    ClassifierHead narrow = TinyNetwork.head(List.of(1), Pooling.CLS);
    ClassifierHead wrong =
        new ClassifierHead(narrow.labels(), List.of(1), Pooling.MEAN, HEAD.weight(), narrow.bias());
    ExportException e =
        assertThrows(ExportException.class, () -> TinyNetwork.exporter().withHead(wrong));
    assertTrue(e.toString().contains("expected 16 features"), e.toString());
  }

  @Test
  void refusesPreprocessingOfAnotherSize() {
    assertThrows(
        ExportException.class,
        () -> Exporter.of("n", TinyNetwork.CONFIG, half(), TinyNetwork.weights()));
  }

  private static Preprocessing half() {
    return new Preprocessing(28, 14, 1, List.of(0.5), List.of(0.5), Interpolation.BICUBIC, 1.0);
  }

  private static void assertRows(Tensor expected, float[][] found) {
    float[] flat = new float[(int) expected.numel()];
    int at = 0;
    for (float[] row : found) {
      System.arraycopy(row, 0, flat, at, row.length);
      at += row.length;
    }
    assertArrayEquals(expected.toFloats(), flat, (float) Exporter.TOLERANCE);
  }

  private static Set<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(f -> String.valueOf(f.getFileName()))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
