package ai.lacuna.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ai.djl.Device;
import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Subset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.zoo.Zoo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageIndexTest {
  private static final int IMAGES = 150;
  private static final double CLOSE = 1e-5;

  private final Path directory;

  ImageIndexTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void findsWhatANaiveLoopFindsAlsoAfterSaving() throws IOException {
    ImageDataset all = FashionMnist.sample().train();
    ImageDataset images = Subset.of(all, IntStream.range(0, IMAGES).toArray(), "some");
    try (Encoder encoder = Zoo.load("vit_micro_patch4_28.mae_fashion_mnist", Device.cpu())) {
      ImageIndex built = ImageIndex.build(encoder, images);
      Path file = directory.resolve("index.safetensors");
      built.save(file);
      ImageIndex index = ImageIndex.load(file);
      assertEquals(built.names(), index.names());
      index.requireMadeBy(encoder);
      float[] query = encoder.embed(all.get(IMAGES).pixels());
      List<ImageIndex.Hit> hits = index.nearest(query, 7);
      double[] cosines = new double[IMAGES];
      for (int i = 0; i < IMAGES; i++) {
        cosines[i] = cosine(query, encoder.embed(images.get(i).pixels()));
      }
      List<Integer> right =
          IntStream.range(0, IMAGES)
              .boxed()
              .sorted((a, b) -> Double.compare(cosines[b], cosines[a]))
              .limit(7)
              .toList();
      assertEquals(right, hits.stream().map(ImageIndex.Hit::index).toList());
      assertEquals(cosines[right.get(0)], hits.get(0).cosine(), CLOSE);
      assertEquals(3, index.nearest(encoder.embed(images.get(3).pixels()), 1).get(0).index());
      assertEquals(IMAGES, index.nearest(query, 1000).size());
    }
  }

  @Test
  void refusesMoreImagesThanItsFileHoldsBeforeItReadsOne() throws IOException {
    ImageDataset all = FashionMnist.sample().train();
    try (Encoder encoder = Zoo.load("vit_micro_patch4_28.mae_fashion_mnist", Device.cpu())) {
      int most = Integer.MAX_VALUE / Float.BYTES / (2 * encoder.embedDim());
      ImageDataset many = Subset.of(all, new int[most + 1], "many");
      String message =
          String.valueOf(
              assertThrows(
                      IllegalArgumentException.class,
                      () -> ImageIndex.build(encoder, many, done -> fail("it read images")))
                  .getMessage());
      assertTrue(message.contains("many: expected at most " + most + " images"), message);
    }
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(aa * bb);
  }

  /** Compared as numbers, NaN would be nearer than all. */
  @Test
  void refusesEmbeddingsThatAreNotFinite() throws IOException {
    Path file = directory.resolve("nan.safetensors");
    Map<String, String> names = Map.of("lacuna.names", "[\"a\",\"b\"]");
    Tensor rows = Tensor.of(new float[] {1, 0, 0, 0, Float.NaN, 0}, 2, 3);
    Safetensors.write(file, NamedTensors.builder().add("embeddings", rows).build(), names);
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> ImageIndex.load(file)).getMessage());
    assertTrue(message.contains("found NaN in that of b; make the index anew"), message);
    Tensor whole = Tensor.of(new float[] {1, 0, 0, 0, 0, 0}, 2, 3);
    Safetensors.write(file, NamedTensors.builder().add("embeddings", whole).build(), names);
    ImageIndex index = ImageIndex.load(file);
    assertEquals(0, index.nearest(new float[] {1, 0, 0}, 2).get(1).cosine(), "of no direction");
    float[] query = {0, Float.POSITIVE_INFINITY, 0};
    assertThrows(IllegalArgumentException.class, () -> index.nearest(query, 1));
  }

  @Test
  void refusesOtherFilesAndOtherWidths() throws IOException {
    Path file = directory.resolve("other.safetensors");
    NamedTensors tensors =
        NamedTensors.builder().add("embeddings", Tensor.of(new float[6], 2, 3)).build();
    Safetensors.write(file, tensors, Map.of());
    assertThrows(IllegalArgumentException.class, () -> ImageIndex.load(file));
    Safetensors.write(file, tensors, Map.of("lacuna.names", "[\"a\"]"));
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> ImageIndex.load(file)).getMessage());
    assertTrue(message.contains("expected float32 embeddings [1, width]"), message);
    for (Tensor other :
        List.of(
            Tensor.of(Tensor.Type.F32, ByteBuffer.allocate(0), 0, 1L << 40),
            Tensor.of(Tensor.Type.I64, ByteBuffer.allocate(0), 0, 3))) {
      NamedTensors only = NamedTensors.builder().add("embeddings", other).build();
      Safetensors.write(file, only, Map.of("lacuna.names", "[]"));
      String found =
          String.valueOf(
              assertThrows(IllegalArgumentException.class, () -> ImageIndex.load(file))
                  .getMessage());
      assertTrue(found.startsWith(file + ": expected float32 embeddings [0, width]"), found);
    }
    Safetensors.write(file, tensors, Map.of("lacuna.names", "[\"a\",\"b\"]"));
    ImageIndex index = ImageIndex.load(file);
    assertThrows(IllegalArgumentException.class, () -> index.nearest(new float[4], 1));
    assertEquals(2, index.nearest(new float[] {1, 0, 0}, 2).size());
  }
}
