package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxEncoderTest {
  /** What the exporter promises. */
  private static final float TOLERANCE = 1e-4f;

  private final Path folder;
  private final TinyBundle sample;

  OnnxEncoderTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    TinyBundle.copyTo(folder);
    this.sample = TinyBundle.sample(folder);
  }

  @Test
  void runsWithoutDjlOnTheClassPath() {
    for (String name : List.of("ai.djl.Device", "ai.djl.pytorch.engine.PtEngine")) {
      assertThrows(ClassNotFoundException.class, () -> Class.forName(name));
    }
    assertEquals(null, getClass().getResource("/ai/djl"));
  }

  @Test
  void givesTheFeaturesOfDjl() throws IOException {
    try (OnnxEncoder encoder = OnnxEncoder.open(folder)) {
      assertRows(sample.rows("cls"), encoder.embed(sample.images(), Pooling.CLS));
      assertRows(sample.rows("mean"), encoder.embed(sample.images(), Pooling.MEAN));
      assertEquals(16, encoder.embedDim());
      assertEquals("cpu", encoder.device());
    }
  }

  @Test
  void poolsByConcatenatingClassTokenAndMean() throws IOException {
    try (OnnxEncoder encoder = OnnxEncoder.open(folder)) {
      float[][] both = encoder.embed(sample.images());
      for (int i = 0; i < both.length; i++) {
        float[] expected = new float[32];
        System.arraycopy(sample.rows("cls")[i], 0, expected, 0, 16);
        System.arraycopy(sample.rows("mean")[i], 0, expected, 16, 16);
        assertArrayEquals(expected, both[i], TOLERANCE);
      }
    }
  }

  @Test
  void givesTokensWithTheClassTokenFirst() throws IOException {
    try (OnnxEncoder encoder = OnnxEncoder.open(folder)) {
      float[][] tokens = encoder.tokens(sample.images().get(0));
      assertEquals(17, tokens.length);
      assertArrayEquals(sample.rows("cls")[0], tokens[0], TOLERANCE);
      float[] mean = new float[16];
      for (int d = 0; d < mean.length; d++) {
        for (int t = 1; t < tokens.length; t++) {
          mean[d] += tokens[t][d] / 16;
        }
      }
      assertArrayEquals(sample.rows("mean")[0], mean, TOLERANCE);
    }
  }

  @Test
  void refusesAnArchitectureThatIsNotTheModels() throws IOException {
    Path manifest = folder.resolve(Manifest.FILE);
    String sound = Files.readString(manifest);
    for (String wrong :
        List.of(
            "\"patch_size\": 0",
            "\"patch_size\": 3",
            "\"embed_dim\": -1",
            "\"embed_dim\": 0",
            "\"tokens\": 18")) {
      String key = wrong.substring(0, wrong.indexOf(' '));
      Files.writeString(manifest, sound.replaceFirst(key + " [0-9]+", wrong));
      BundleException e = assertThrows(BundleException.class, Bundle.open(folder)::encoder, wrong);
      assertEquals("manifest.json architecture", e.file());
    }
  }

  @Test
  void saysHowToGetTheTokensOfAnotherBlock() throws IOException {
    try (OnnxEncoder encoder = OnnxEncoder.open(folder)) {
      Pixels image = sample.images().get(0);
      BundleException missing = assertThrows(BundleException.class, () -> encoder.tokens(image, 1));
      assertEquals("export the bundle again with --layers 1", missing.nextStep());
      for (int block : new int[] {-1, 2}) {
        BundleException none =
            assertThrows(BundleException.class, () -> encoder.tokens(image, block));
        assertEquals("choose a block from 0 to 1", none.nextStep());
      }
    }
  }

  @Test
  void cutsLongListsIntoBatches() throws IOException {
    List<Pixels> many = new ArrayList<>();
    Collections.nCopies(5, sample.images()).forEach(many::addAll);
    Bundle bundle = Bundle.open(folder);
    try (OnnxEncoder encoder = bundle.encoder(ServingOptions.defaults().withMaxBatch(3))) {
      float[][] found = encoder.embed(many, Pooling.CLS);
      assertEquals(40, found.length);
      for (int i = 0; i < found.length; i++) {
        assertArrayEquals(sample.rows("cls")[i % 8], found[i], TOLERANCE);
      }
      assertEquals(0, encoder.embed(List.of()).length);
    }
  }

  @Test
  void takesImagesInEveryForm() throws IOException {
    Pixels image = sample.images().get(1);
    BufferedImage picture = image.toBufferedImage();
    Path file = folder.resolve("image.png");
    ImageIO.write(picture, "png", file.toFile());
    try (OnnxEncoder encoder = OnnxEncoder.open(folder)) {
      float[] expected = encoder.embed(image);
      assertArrayEquals(expected, encoder.embed(picture));
      assertArrayEquals(expected, encoder.embed(file));
      assertArrayEquals(expected, encoder.embed(Files.readAllBytes(file)));
    }
  }

  @Test
  void resizesAndTurnsColourToGrey() throws IOException {
    Pixels colour = Pixels.of(50, 40, 3, new byte[50 * 40 * 3]);
    Pixels grey = Pixels.of(28, 28, 1, new byte[28 * 28]);
    try (OnnxEncoder encoder = OnnxEncoder.open(folder)) {
      assertArrayEquals(encoder.embed(grey), encoder.embed(colour), TOLERANCE);
    }
  }

  @Test
  void refusesChannelsThatHaveNoMeaning() throws IOException {
    Pixels five = Pixels.of(28, 28, 5, new byte[28 * 28 * 5]);
    try (OnnxEncoder encoder = OnnxEncoder.open(folder)) {
      assertThrows(ImageException.class, () -> encoder.embed(five));
    }
  }

  @Test
  void refusesWhatIsNotAnImage() throws IOException {
    try (OnnxEncoder encoder = OnnxEncoder.open(folder)) {
      assertThrows(ImageException.class, () -> encoder.embed(new byte[] {1, 2, 3}));
    }
  }

  @Test
  void givesEightThreadsTheSameAnswers()
      throws IOException, InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (OnnxEncoder encoder = OnnxEncoder.open(folder)) {
      List<Future<float[][]>> answers = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        List<Pixels> some = sample.images().subList(i % 4, 4 + i % 5);
        answers.add(threads.submit(() -> encoder.embed(some, Pooling.CLS)));
      }
      for (int i = 0; i < answers.size(); i++) {
        float[][] found = answers.get(i).get();
        for (int row = 0; row < found.length; row++) {
          assertArrayEquals(sample.rows("cls")[i % 4 + row], found[row], TOLERANCE);
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void closesTwiceAndIsClosedThen() throws IOException {
    OnnxEncoder encoder = OnnxEncoder.open(folder);
    encoder.close();
    encoder.close();
    Pixels image = sample.images().get(0);
    assertThrows(IllegalStateException.class, () -> encoder.embed(image));
  }

  @Test
  void fallsBackToTheCpuWithoutCuda() throws IOException {
    Bundle bundle = Bundle.open(folder);
    ServingOptions options = ServingOptions.defaults().withDevice("cuda:63").withThreads(1);
    try (OnnxEncoder encoder = bundle.encoder(options)) {
      assertEquals("cpu", encoder.device());
      assertRows(sample.rows("cls"), encoder.embed(sample.images(), Pooling.CLS));
    }
  }

  private static void assertRows(float[][] expected, float[][] found) {
    assertEquals(expected.length, found.length);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], found[i], TOLERANCE);
    }
  }
}
