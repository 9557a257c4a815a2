package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.lacuna.data.Batch;
import ai.lacuna.data.Loader;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.torchscript.TorchScriptArchive;
import ai.lacuna.loss.LossSum;
import ai.lacuna.masking.Mask;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.oracle.RemovedIds;
import ai.lacuna.oracle.TorchRun;
import ai.lacuna.run.Progress;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.LossTail;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Trainee;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PerceptualLossTest {
  /** The requirement for losses in float32, relative. */
  private static final double LOSS = 1e-5;

  /** The requirement for gradients. */
  private static final double VALUES = 1e-4;

  private static final Fixture PUBLISHED = Fixture.read("mae/rgb-wide.expected");
  private static final NamedTensors WEIGHTS = Fixture.read("mae/rgb-wide.weights").tensors();
  private static final VitConfig VIT =
      new VitConfig(8, 32, 3, 4, 16, 2, 2, 4, VitConfig.Positions.SIN_COS);

  private final Path directory;

  PerceptualLossTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private static PretrainConfig config(String loss, boolean normPixLoss) {
    return new PretrainConfig(
        VIT,
        new DecoderConfig(12, 2, 3, 4),
        new Normalization(boxed("input.mean"), boxed("input.std")),
        MaskPlan.paper(),
        new Objective(normPixLoss, LossSum.parse(loss)),
        new PretrainConfig.Recipe(2, 0, 3, 1e-3, 0, AdamW.pretraining()),
        Augmentation.paper(),
        1);
  }

  private static List<Double> boxed(String name) {
    return Arrays.stream(PUBLISHED.dense(name).values()).boxed().toList();
  }

  private static Path published() throws URISyntaxException {
    URL file = PerceptualLossTest.class.getResource("/fixtures/objective/perceptual-net.pt");
    return Path.of(Objects.requireNonNull(file, "perceptual-net.pt").toURI());
  }

  private Path methods(String code) throws IOException {
    Path file = directory.resolve("methods.pt");
    TorchScriptArchive.writeMethods(file, code);
    return file;
  }

  private Path identity() throws IOException {
    return methods("  def forward(self: SELF, x: Tensor) -> Tensor:\n    return x\n");
  }

  private static Map<String, Dense> inputs(Graph function) {
    Map<String, Dense> inputs = new LinkedHashMap<>();
    function.inputs().stream()
        .map(input -> ((Op.Input) input.op()).name())
        .filter(name -> !name.equals("ids_remove"))
        .forEach(name -> inputs.put(name, PUBLISHED.dense("input." + name)));
    inputs.put(
        "ids_remove",
        RemovedIds.of(
            PUBLISHED.dense("input.ids_restore"), PUBLISHED.dense("input.ids_keep").dim(1)));
    return inputs;
  }

  private static Trainee trainee(PretrainConfig config, LossTail.Factory tail) {
    Program program = Program.of(config.network().lossFunction());
    return new Trainee(
        program, WEIGHTS, AdamW.pretraining(), Numerics.plain(), List.of(Device.cpu()), tail);
  }

  private static double accumulate(Trainee trainee, PretrainConfig config) {
    Graph function = config.network().lossFunction();
    try (NDManager manager = trainee.newManager()) {
      NDArray[] arguments = TorchRun.arguments(manager, function, inputs(function));
      return trainee.accumulate("loss", arguments);
    }
  }

  private static double loss(PretrainConfig config, LossTail.Factory tail) {
    try (Trainee trainee = trainee(config, tail)) {
      return accumulate(trainee, config);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void valuesAndGradientsArePyTorchs(boolean normPixLoss) throws Exception {
    Fixture expected = Fixture.read("objective/losses-rgb-wide");
    String key = "perceptual." + (normPixLoss ? "norm" : "raw");
    double value = expected.scalar("loss." + key);
    PretrainConfig config = config("perceptual:" + published(), normPixLoss);
    try (Trainee trainee = trainee(config, PerceptualTail.of(config))) {
      assertEquals(value, accumulate(trainee, config), LOSS * value);
      Map<String, Dense> gradients = expected.all("grad." + key + ".");
      assertTrue(gradients.size() >= 8, "gradients in the fixture");
      gradients.forEach(
          (name, gradient) ->
              Closeness.check(
                  "gradient of " + name,
                  VALUES,
                  gradient,
                  Dense.of(trainee.gradient(name), gradient.shape())));
    }
  }

  /** With features that are the pixels themselves it is the mean over removed pixels. */
  @Test
  void identityFeaturesGiveTheSquaredError() throws IOException {
    PretrainConfig squared = config("mse", false);
    double mse = loss(squared, any -> LossTail.none());
    PretrainConfig both = config("2*mse + 0.5*perceptual:" + identity(), false);
    assertEquals(2.5 * mse, loss(both, PerceptualTail.of(both)), LOSS * mse);
  }

  /** Half of each image is padding, the outer ones of 2 x 4 patches. */
  private PretrainConfig padded() throws IOException {
    PretrainConfig config = NoiseImages.config(2);
    return new PretrainConfig(
        config.vit().withImage(8, 16, 1, 4),
        config.decoder(),
        config.normalization(),
        new MaskPlan(0.5),
        new Objective(false, LossSum.parse("perceptual:" + identity())),
        config.recipe(),
        Augmentation.padded(false),
        config.seed());
  }

  /** What a batch costs in so many parts; of its first image nothing but padding is removed. */
  private static double padded(PretrainConfig config, int count) {
    NamedTensors weights = Weights.initial(config.program(), 3);
    RandomMask sampler = new RandomMask(8, config.keep());
    List<Mask> masks = new ArrayList<>();
    masks.add(Mask.removing(new boolean[] {true, false, false, true, true, false, false, true}));
    for (int i = 1; i < NoiseImages.BATCH; i++) {
      masks.add(sampler.sample(1, 2, i));
    }
    try (Loader loader = new TrainingBatches(config, new NoiseImages()).open(0, 0, 1);
        Trainee trainee =
            new Trainee(
                config.program(),
                weights,
                AdamW.pretraining(),
                Numerics.plain(),
                List.of(Device.cpu()),
                PerceptualTail.of(config))) {
      Batch batch = loader.iterator().next();
      return trainee.accumulate(BatchParts.of(config, "loss", batch, masks, count));
    }
  }

  @Test
  void partsOfPaddedImagesAddUpToTheBatch() throws IOException {
    PretrainConfig config = padded();
    double whole = padded(config, 1);
    assertTrue(whole > 0, "loss " + whole);
    for (int count : new int[] {2, 4, NoiseImages.BATCH}) {
      assertEquals(whole, padded(config, count), LOSS * whole, count + " parts");
    }
  }

  @Test
  void trainsOnFeaturesAloneAndLeavesNoArrayBehind() throws Exception {
    PretrainConfig config = config("perceptual:" + published(), true);
    try (Trainee trainee = trainee(config, PerceptualTail.of(config))) {
      double first = accumulate(trainee, config);
      trainee.step(1e-3);
      int before = trainee.managedArrays();
      double last = first;
      for (int i = 0; i < 30; i++) {
        last = accumulate(trainee, config);
        trainee.step(1e-3);
      }
      assertEquals(before, trainee.managedArrays());
      assertTrue(last < 0.7 * first, "from " + first + " to " + last);
    }
  }

  @Test
  void anEncoderIsANetworkToo() {
    PretrainConfig config = config("perceptual:encoder", false);
    VisionTransformer encoder = config.network().encoder();
    FrozenNetwork network = FrozenNetwork.ofEncoder("encoder", encoder, WEIGHTS);
    double loss = loss(config, PerceptualTail.of(config, network));
    assertTrue(loss > 0 && Double.isFinite(loss), "loss " + loss);
    try (TorchModule module = network.open(config, Device.cpu());
        NDManager manager = module.newManager()) {
      assertEquals(
          VIT.depth(),
          module.run("forward", manager.zeros(new ai.djl.ndarray.types.Shape(1, 3, 8, 32))).size());
    }
  }

  /** A step on noise, in one directory. */
  private Pretrainer pretrainer(PretrainConfig config, FrozenNetwork network, boolean force) {
    return Pretrainer.builder(config, new NoiseImages(4))
        .run(directory.resolve("run"))
        .maxSteps(1)
        .force(force)
        .perceptual(network)
        .build();
  }

  @Test
  void refusesToGoOnWithAnotherNetworkOfTheSameName() throws Exception {
    PretrainConfig config = config("perceptual:net.pt", false);
    FrozenNetwork first = FrozenNetwork.ofFile(identity());
    String digest = first.sha256();
    pretrainer(config, first, false).run();
    Path file = directory.resolve("run/config.json");
    assertTrue(Files.readString(file).contains(digest), Files.readString(file));
    pretrainer(config, first, false).run();
    FrozenNetwork other = FrozenNetwork.ofFile(published());
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> pretrainer(config, other, false).run());
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains("perceptual network, sha256: there " + digest), message);
    pretrainer(config, other, true).run();
    assertTrue(Files.readString(file).contains(other.sha256()), Files.readString(file));
  }

  @Test
  void replaysWithTheNetworkOfTheRunOnly() throws Exception {
    PretrainConfig config = config("perceptual:net.pt", false);
    FrozenNetwork first = FrozenNetwork.ofFile(identity());
    pretrainer(config, first, false).run();
    Path run = directory.resolve("run");

    assertTrue(Double.isFinite(replay(run, first).loss()));
    FrozenNetwork other = FrozenNetwork.ofFile(published());
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> replay(run, other));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(
        message.startsWith(run + ": perceptual network, sha256: there " + first.sha256()), message);
  }

  private static Replay.Replayed replay(Path run, FrozenNetwork network) throws IOException {
    return Replay.of(
        run,
        1,
        new NoiseImages(4),
        Device.cpu(),
        Progress.silent(),
        builder -> builder.perceptual(network));
  }

  @Test
  void refusesAnEncoderOfOtherImages() {
    PretrainConfig config = config("perceptual:micro", false);
    VisionTransformer micro =
        new VisionTransformer(VitConfig.micro4(), new Normalization(List.of(0.5), List.of(0.25)));
    FrozenNetwork network =
        FrozenNetwork.ofEncoder("micro", micro, Weights.initial(micro.program(), 1));
    assertRefusal("8x32 images with 3 channels, found 28x28 with 1", config, network);
  }

  @Test
  void refusesWhatIsNoNetworkForTheseImages() throws Exception {
    PretrainConfig config = config("perceptual:x", false);
    assertRefusal("no such file", config, FrozenNetwork.ofFile(directory.resolve("none.pt")));
    Path text = Files.writeString(directory.resolve("text.pt"), "<html>404</html>");
    assertRefusal("found no zip", config, FrozenNetwork.ofFile(text));
    Path zip = directory.resolve("weights.pt");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      out.putNextEntry(new ZipEntry("archive/data.pkl"));
    }
    assertRefusal("weights alone are no network", config, FrozenNetwork.ofFile(zip));
    Path damaged = directory.resolve("damaged.pt");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(damaged))) {
      for (String entry : List.of("a/data.pkl", "a/constants.pkl", "a/version")) {
        out.putNextEntry(new ZipEntry(entry));
        out.write("3".getBytes(StandardCharsets.UTF_8));
      }
    }
    assertRefusal("could not load it", config, FrozenNetwork.ofFile(damaged));
    String grey =
        """
          def forward(self: SELF, x: Tensor) -> Tensor:
            return torch.reshape(x, [2, 28, 28])
        """;
    assertRefusal("shape '[2, 28, 28]' is invalid", config, FrozenNetwork.ofFile(methods(grey)));
    String scalar = "  def forward(self: SELF, x: Tensor) -> Tensor:\n    return torch.sum(x)\n";
    assertRefusal("features float32 [batch", config, FrozenNetwork.ofFile(methods(scalar)));
    String other = "  def features(self: SELF, x: Tensor) -> Tensor:\n    return x\n";
    assertRefusal("forward", config, FrozenNetwork.ofFile(methods(other)));
  }

  private static void assertRefusal(String part, PretrainConfig config, FrozenNetwork network) {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> network.open(config, Device.cpu()));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.startsWith("perceptual network ") && message.contains(part), message);
    assertEquals(1, message.lines().count(), message);
  }
}
