package ai.lacuna.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Application;
import ai.djl.Device;
import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.MRL;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import ai.djl.util.JsonUtils;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.zoo.Zoo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Encoders of the zoo through DJL's own API, beside {@link Encoder#embed}. */
class ZooCriteriaTest {
  private static final String NAME = "vit_micro_patch4_28.mae_fashion_mnist";
  private static final String ADDRESS = "djl://ai.lacuna/" + NAME;

  /** The same function of the same library; batches of another size may sum in another order. */
  private static final float TOLERANCE = 1e-6f;

  private static final Encoder ENCODER = Zoo.bundled().require(NAME).load(Device.cpu());

  @BeforeAll
  static void moveCache(@TempDir Path folder) {
    DjlCache.moveTo(folder);
  }

  @AfterAll
  static void moveCacheBack() {
    DjlCache.moveBack();
    ENCODER.close();
  }

  private static Criteria.Builder<Image, float[]> embeddings() {
    return Criteria.builder().setTypes(Image.class, float[].class).optDevice(Device.cpu());
  }

  private static Image image(Pixels pixels) {
    return ImageFactory.getInstance().fromImage(pixels.toBufferedImage());
  }

  private static float[][] expected(List<Pixels> images, Pooling pooling) {
    return ENCODER.embed(images, pooling);
  }

  private static <I> float[][] predict(Criteria<I, float[]> criteria, List<I> inputs)
      throws Exception {
    try (ZooModel<I, float[]> model = criteria.loadModel();
        Predictor<I, float[]> predictor = model.newPredictor()) {
      return predictor.batchPredict(inputs).toArray(float[][]::new);
    }
  }

  private static void assertClose(float[][] expected, float[][] found) {
    assertEquals(expected.length, found.length);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], found[i], TOLERANCE);
    }
  }

  static Stream<Criteria<Image, float[]>> waysToSayIt() {
    return Stream.of(
        embeddings().optModelName(NAME).build(),
        embeddings().optModelUrls(ADDRESS).build(),
        embeddings().optModelUrls(ADDRESS + "/1.0/" + NAME).optModelName("mine").build(),
        embeddings().optArtifactId("ai.lacuna:" + NAME).build(),
        embeddings().optGroupId("ai.lacuna").optFilter("patch_size", "4").build(),
        embeddings().optEngine("PyTorch").optModelZoo(LacunaModelZoo.of(Zoo.bundled())).build());
  }

  @ParameterizedTest
  @MethodSource("waysToSayIt")
  void embedsAsTheEncoderDoes(Criteria<Image, float[]> criteria) throws Exception {
    List<Pixels> images = DjlCache.images();
    float[][] found = predict(criteria, images.stream().map(ZooCriteriaTest::image).toList());
    assertClose(expected(images, Pooling.CLS_MEAN), found);
  }

  @Test
  void embedsOneByOneAgainAndAgainOnTheDeviceThatWasAskedFor() throws Exception {
    List<Pixels> images = DjlCache.images();
    try (ZooModel<Image, float[]> model = embeddings().optModelName(NAME).build().loadModel();
        Predictor<Image, float[]> predictor = model.newPredictor()) {
      assertEquals(Device.cpu(), model.getNDManager().getDevice());
      assertEquals(NAME, model.getName());
      for (Pixels image : images) {
        assertArrayEquals(
            expected(List.of(image), Pooling.CLS_MEAN)[0],
            predictor.predict(image(image)),
            TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void poolsAsItsArgumentSays(Pooling pooling) throws Exception {
    List<Pixels> images = DjlCache.images();
    Criteria<Pixels, float[]> criteria =
        Criteria.builder()
            .setTypes(Pixels.class, float[].class)
            .optModelName(NAME)
            .optDevice(Device.cpu())
            .optArgument("pooling", pooling.label())
            .build();
    assertClose(expected(images, pooling), predict(criteria, images));
  }

  @Test
  void takesArgumentsFromTheAddress() throws Exception {
    List<Pixels> images = DjlCache.images();
    Criteria<Image, float[]> criteria =
        embeddings().optModelUrls(ADDRESS + "?pooling=mean").build();
    assertClose(
        expected(images, Pooling.MEAN),
        predict(criteria, images.stream().map(ZooCriteriaTest::image).toList()));
  }

  /** OpenCV's and Android's images have no Java image within. */
  private static Image foreign(Pixels grey) {
    Pixels rgb = grey.withChannels(3);
    return (Image)
        Proxy.newProxyInstance(
            ZooCriteriaTest.class.getClassLoader(),
            new Class<?>[] {Image.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "getWrappedImage" -> "another library's image";
                  case "getHeight" -> rgb.height();
                  case "getWidth" -> rgb.width();
                  case "toNDArray" ->
                      ((NDManager) arguments[0])
                          .create(
                              ByteBuffer.wrap(rgb.data()),
                              new Shape(rgb.height(), rgb.width(), 3),
                              DataType.UINT8);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  @Test
  void takesImagesOfOtherFactoriesAndPartsOfImages() throws Exception {
    List<Pixels> images = DjlCache.images();
    float[][] expected = expected(images, Pooling.CLS_MEAN);
    Criteria<Image, float[]> criteria = embeddings().optModelName(NAME).build();
    assertClose(
        expected, predict(criteria, images.stream().map(ZooCriteriaTest::foreign).toList()));

    Pixels whole = images.get(0);
    Image part = image(whole).getSubImage(3, 2, 20, 25);
    assertClose(
        expected(List.of(whole.crop(2, 3, 25, 20)), Pooling.CLS_MEAN),
        predict(criteria, List.of(part)));
  }

  @Test
  void readsFilesAndStreams(@TempDir Path folder) throws Exception {
    Pixels pixels = DjlCache.images().get(1);
    Path file = folder.resolve("shirt.png");
    ImageIO.write(pixels.toBufferedImage(), "png", file.toFile());
    float[][] expected = expected(List.of(pixels), Pooling.CLS_MEAN);
    assertClose(
        expected,
        predict(
            Criteria.builder().setTypes(Path.class, float[].class).optModelName(NAME).build(),
            List.of(file)));
    try (java.io.InputStream in = Files.newInputStream(file)) {
      assertClose(
          expected,
          predict(
              Criteria.builder()
                  .setTypes(java.io.InputStream.class, float[].class)
                  .optModelName(NAME)
                  .build(),
              List.of(in)));
    }
  }

  @Test
  void answersDjlServingInJson() throws Exception {
    Pixels pixels = DjlCache.images().get(2);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(pixels.toBufferedImage(), "png", png);
    Criteria<Input, Output> criteria =
        Criteria.builder()
            .setTypes(Input.class, Output.class)
            .optModelUrls(ADDRESS)
            .optDevice(Device.cpu())
            .build();
    try (ZooModel<Input, Output> model = criteria.loadModel();
        Predictor<Input, Output> predictor = model.newPredictor()) {
      Input input = new Input();
      input.add("data", png.toByteArray());
      Output output = predictor.predict(input);
      assertEquals("application/json", output.getProperty("Content-Type", "none"));
      float[] found = JsonUtils.GSON.fromJson(output.getData().getAsString(), float[].class);
      assertArrayEquals(expected(List.of(pixels), Pooling.CLS_MEAN)[0], found, TOLERANCE);

      Input broken = new Input();
      broken.add("data", new byte[] {1, 2, 3});
      assertThrows(TranslateException.class, () -> predictor.predict(broken));
      assertThrows(TranslateException.class, () -> predictor.predict(new Input()));
    }
  }

  @Test
  void isListedAmongDjlsModels() throws IOException {
    assertTrue(ModelZoo.hasModelZoo("ai.lacuna"));
    assertTrue(ModelZoo.listModelZoo().stream().anyMatch(z -> z instanceof LacunaModelZoo));
    MRL model =
        ModelZoo.listModels().getOrDefault(Application.CV.ANY, List.of()).stream()
            .filter(mrl -> mrl.getArtifactId().equals(NAME))
            .findFirst()
            .orElseThrow();
    assertEquals(ADDRESS, model.toString());
    assertEquals("28x28", model.getDefaultArtifact().getProperties().get("image_size"));
    assertTrue(model.listArtifacts().get(0).toString().contains(NAME));
  }

  @Test
  void namesThatItDoesNotHaveAreRefused() {
    Criteria<Image, float[]> other = embeddings().optModelName("resnet18").build();
    assertThrows(ModelNotFoundException.class, other::loadModel);
    Criteria<Image, float[]> none = embeddings().build();
    assertThrows(ModelNotFoundException.class, none::loadModel);
    Criteria.Builder<Image, float[]> builder = embeddings();
    IllegalArgumentException near =
        assertThrows(
            IllegalArgumentException.class,
            () -> builder.optModelUrls("djl://ai.lacuna/vit_micro_patch4_28.mae_fashion_mnis"));
    assertTrue(String.valueOf(near.getMessage()).contains("did you mean " + NAME), near::toString);
  }

  @Test
  void saysWhichPoolingsThereAre() {
    Criteria<Image, float[]> criteria =
        embeddings().optModelUrls(ADDRESS).optArgument("pooling", "max").build();
    ModelNotFoundException refusal =
        assertThrows(ModelNotFoundException.class, criteria::loadModel);
    assertTrue(causes(refusal).contains("expected cls, mean"), causes(refusal));
  }

  private static String causes(Throwable thrown) {
    StringBuilder text = new StringBuilder();
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      text.append(t.getMessage()).append('\n');
    }
    return text.toString();
  }

  private static List<Path> files(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).toList();
    }
  }

  @Test
  void writesAgainWhatIsDamagedInTheCache(@TempDir Path cache) throws Exception {
    Path before = Path.of(System.getProperty("DJL_CACHE_DIR", ""));
    DjlCache.moveTo(cache);
    try {
      Criteria<Image, float[]> criteria = embeddings().optModelUrls(ADDRESS).build();
      assertEquals(false, criteria.isDownloaded());
      criteria.downloadModel();
      assertTrue(criteria.isDownloaded());
      Path archive = files(cache, ".pt").get(0);
      byte[] bytes = Files.readAllBytes(archive);
      bytes[bytes.length / 2] ^= 1;
      Files.write(archive, bytes);
      List<Pixels> images = DjlCache.images();
      assertClose(
          expected(images, Pooling.CLS_MEAN),
          predict(criteria, images.stream().map(ZooCriteriaTest::image).toList()));
      assertEquals(1, files(cache, ".pt").size());
    } finally {
      DjlCache.moveTo(before);
    }
  }

  @Test
  void damagedWeightsOfAZooAreRefusedByTheirDigest(@TempDir Path folder) throws IOException {
    Path source = Path.of(System.getProperty("lacuna.root", "."), "zoo");
    Path zoo = folder.resolve("zoo");
    for (Path file : files(source, "")) {
      Path copy = zoo.resolve(source.relativize(file).toString());
      if (Files.isDirectory(file)) {
        Files.createDirectories(copy);
      } else {
        Files.copy(file, copy);
      }
    }
    Path weights = zoo.resolve(NAME).resolve("encoder.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    // Another name for the same encoder: the cache may have a sound copy of it.
    Criteria<Image, float[]> criteria =
        embeddings().optModelZoo(LacunaModelZoo.of(Zoo.at(zoo))).optModelName(NAME).build();
    Path before = Path.of(System.getProperty("DJL_CACHE_DIR", ""));
    DjlCache.moveTo(folder.resolve("cache"));
    try {
      IOException refusal = assertThrows(IOException.class, criteria::loadModel);
      assertTrue(String.valueOf(refusal.getMessage()).contains("SHA-256"), refusal::toString);
      assertEquals(List.of(), files(folder.resolve("cache"), ".pt"));
    } finally {
      DjlCache.moveTo(before);
    }
  }
}
