package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.augment.Mixing;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Trainee;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A step of fine-tuning against timm's network and groups and torch's AdamW. */
class TimmFineTuningTest {
  /** Float32 here, float64 there. */
  private static final double FORWARD = 2e-5;

  private static final double GRADIENT = 5e-5;

  /** AdamW's first step divides a gradient by its own size: small ones lose digits. */
  private static final double STEP = 2e-4;

  private static final double RATE = 0.01;

  /**
   * A bias of keys shifts all scores alike: its gradient is rounding, a step any part of a rate.
   */
  private static final double BIAS_STEP = 0.1 * RATE;

  @ParameterizedTest
  @CsvSource({"mean, classes", "cls, classes", "mean, labels", "mean, values"})
  void oneStepIsThatOfTimm(String pool, String target) {
    FineTuneConfig config = config(pool, target, UnfreezePlan.all(1));
    checkStep(Fixture.read("finetune/step-" + pool + "-" + target), config, 6);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mean", "cls"})
  void oneStepWithPatchesLeftOutIsThatOfTimm(String pool) {
    FineTuneConfig config = config(pool, "classes", UnfreezePlan.all(1));
    checkStep(Fixture.read("finetune/step-" + pool + "-classes-dropped"), config, 3);
  }

  /** One step of so many of the six patches. */
  private static void checkStep(Fixture fixture, FineTuneConfig config, int keep) {
    ImageClassifier network = config.network();
    Program program = network.program(List.of(keep));
    try (Trainee trainee =
            new Trainee(
                program,
                weights(network, fixture),
                config.recipe().adamW(),
                Numerics.plain(),
                List.of(Device.cpu()));
        NDManager manager = trainee.newManager()) {
      trainee.train(new LayerGroups(program, config.vit().depth(), config.recipe()).of(0));
      try (NDList results = trainee.run("forward", bytes(manager, fixture, "images"))) {
        float[] logits = results.get(0).toFloatArray();
        Closeness.check("logits", FORWARD, fixture.dense("logits"), Dense.of(logits, 4, 5));
      }
      List<NDArray> inputs = new ArrayList<>();
      inputs.add(bytes(manager, fixture, "images"));
      inputs.add(bytes(manager, fixture, "partners"));
      inputs.add(floats(manager, fixture, "share"));
      inputs.add(floats(manager, fixture, "drop_path"));
      if (keep < 6) {
        inputs.add(longs(manager, fixture, "ids_keep"));
      }
      inputs.add(floats(manager, fixture, "targets"));
      inputs.add(floats(manager, fixture, "weights"));
      float loss = trainee.accumulate(network.lossName(keep, true), inputs.toArray(NDArray[]::new));
      assertEquals(fixture.scalar("loss"), loss, FORWARD);
      for (Parameter parameter : program.parameters()) {
        if (parameter.trainable()) {
          Dense expected = fixture.dense("grad." + parameter.name());
          Dense found = Dense.of(trainee.gradient(parameter.name()), expected.shape());
          Closeness.check("gradient of " + parameter.name(), GRADIENT, expected, found);
        }
      }
      trainee.step(RATE);
      for (NamedTensors.Entry entry : trainee.weights()) {
        Dense expected = fixture.dense("after." + entry.name());
        Dense found = Dense.of(entry.tensor().toFloats(), expected.shape());
        double close = entry.name().endsWith("attn.qkv.bias") ? BIAS_STEP : STEP;
        Closeness.check(entry.name() + " after a step", close, expected, found);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"mean", "cls"})
  void layersDecayAsInTimm(String pool) {
    Fixture fixture = Fixture.read("finetune/step-" + pool + "-classes");
    FineTuneConfig config = config(pool, "classes", UnfreezePlan.all(1));
    new LayerGroups(config.network().program(), config.vit().depth(), config.recipe())
        .of(0)
        .settings()
        .forEach(
            (name, setting) ->
                assertEquals(fixture.scalar("scale." + name), setting.rateFactor(), 1e-12, name));
  }

  @Test
  void schedulesAreThoseOfFastai() {
    Fixture fixture = Fixture.read("finetune/schedule");
    double peak = fixture.scalar("peak");
    double[] positions = fixture.dense("position").values();
    for (int i = 0; i < positions.length; i++) {
      double at = positions[i];
      var cycle = new RateSchedule.OneCycle().at(peak, 0, 9, at * 3, 3);
      assertEquals(fixture.dense("rate").values()[i], cycle.learningRate(), 1e-12);
      assertEquals(fixture.dense("momentum").values()[i], cycle.beta1(), 1e-12);
    }
  }

  @Test
  void theCosineIsThatOfTimm() {
    Fixture fixture = Fixture.read("finetune/schedule");
    double[] settings = fixture.dense("cosine.settings").values();
    double[] rates = fixture.dense("cosine").values();
    var cosine = new RateSchedule.Cosine(settings[1]);
    for (int i = 0; i < rates.length; i++) {
      var found = cosine.at(settings[0], i / settings[3], settings[2], 0, 1);
      assertEquals(rates[i], found.learningRate(), 1e-12, "iteration " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 12})
  void dropsPathsAsOftenAsTimmAndScalesThemAlike(int depth) {
    Fixture fixture = Fixture.read("finetune/drop_path");
    Dense theirs = fixture.dense("factors." + depth);
    int theirImages = theirs.shape()[1];
    int images = 4000;
    DropPathFactors drop = new DropPathFactors(7, depth, 0.3);
    float[] ours = drop.of(3, LongStream.range(0, images).toArray());
    for (int block = 0; block < depth; block++) {
      double rate = fixture.dense("rate." + depth).values()[block];
      assertEquals(rate, drop.rateOf(block), 1e-7); // a float32 there
      Set<Float> values = new TreeSet<>();
      for (int i = 0; i < theirImages; i++) {
        values.add((float) theirs.values()[block * theirImages + i]);
      }
      for (int branch : new int[] {2 * block, 2 * block + 1}) {
        Set<Float> found = new TreeSet<>();
        int dropped = 0;
        for (int i = 0; i < images; i++) {
          float factor = ours[i * 2 * depth + branch];
          found.add(factor);
          dropped += factor == 0 ? 1 : 0;
        }
        assertEquals(values.size(), found.size(), found + " for " + values);
        for (float value : values) {
          assertTrue(found.stream().anyMatch(v -> Math.abs(v - value) < 1e-6), "" + found);
        }
        // Five deviations of the binomial.
        assertEquals(rate, (double) dropped / images, 5 * Math.sqrt(0.3 * 0.7 / images));
      }
    }
  }

  static FineTuneConfig config(String pool, String target, UnfreezePlan plan) {
    VitConfig vit = new VitConfig(8, 12, 3, 4, 12, 3, 3, 4, VitConfig.Positions.LEARNED);
    return new FineTuneConfig(
        "tiny",
        "",
        true,
        vit,
        new Preprocessing(
            8,
            12,
            3,
            List.of(0.485, 0.456, 0.406),
            List.of(0.229, 0.224, 0.225),
            Interpolation.BICUBIC,
            1),
        new HeadConfig(
            HeadConfig.Pooling.valueOf(pool.toUpperCase(Locale.ROOT)),
            HeadConfig.Target.valueOf(target.toUpperCase(Locale.ROOT)),
            5),
        List.of("a", "b", "c", "d", "e"),
        ValueScale.none(),
        new FineTuneConfig.Recipe(
            plan,
            new RateRule.LayerDecay(0.65),
            new RateSchedule.Constant(),
            4,
            1e-3,
            new AdamW(0.9, 0.999, 1e-8, 0.05),
            0.05),
        FineTuneAugmentation.none().withMixing(Mixing.none()),
        FineTuneConfig.Regularization.none(),
        0,
        Numerics.plain());
  }

  private static NamedTensors weights(ImageClassifier network, Fixture fixture) {
    NamedTensors.Builder weights = NamedTensors.builder();
    for (Parameter parameter : network.program().parameters()) {
      weights.add(parameter.name(), fixture.tensors().require("weight." + parameter.name()));
    }
    return weights.build();
  }

  private static NDArray bytes(NDManager manager, Fixture fixture, String name) {
    Tensor tensor = fixture.tensors().require(name);
    return manager.create(tensor.bytes(), new Shape(tensor.shape()), DataType.UINT8);
  }

  private static NDArray longs(NDManager manager, Fixture fixture, String name) {
    Tensor tensor = fixture.tensors().require(name);
    return manager.create(tensor.bytes(), new Shape(tensor.shape()), DataType.INT64);
  }

  private static NDArray floats(NDManager manager, Fixture fixture, String name) {
    Tensor tensor = fixture.tensors().require(name);
    return manager.create(
        tensor.toFloats(), new Shape(Arrays.copyOf(tensor.shape(), tensor.shape().length)));
  }
}
