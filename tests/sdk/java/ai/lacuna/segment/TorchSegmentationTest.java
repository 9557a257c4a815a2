package ai.lacuna.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.data.Batch;
import ai.lacuna.finetune.FineTuneConfig.Recipe;
import ai.lacuna.finetune.RateRule;
import ai.lacuna.finetune.RateSchedule;
import ai.lacuna.finetune.UnfreezePlan;
import ai.lacuna.graph.Parameter;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Part;
import ai.lacuna.train.Trainee;
import ai.lacuna.vit.ImageSegmenter;
import ai.lacuna.vit.SegmentationHead;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Logits, loss and gradients against timm's network and torch's layers and cross-entropy. */
class TorchSegmentationTest {
  /** Float32 here, float64 there. */
  private static final double FORWARD = 2e-5;

  private static final double GRADIENT = 5e-5;

  private static final int HEIGHT = 16;
  private static final int WIDTH = 24;
  private static final int BATCH = 3;
  private static final int CLASSES = 4;

  @ParameterizedTest
  @EnumSource(SegmentationHead.Kind.class)
  void computesWhatTorchComputes(SegmentationHead.Kind kind) {
    String name = kind == SegmentationHead.Kind.LINEAR ? "linear" : "conv";
    Fixture fixture = Fixture.read("segment/step-" + name);
    SegmenterConfig config = config(kind);
    ImageSegmenter network = config.network();
    NamedTensors.Builder weights = NamedTensors.builder();
    for (Parameter parameter : network.program().parameters()) {
      weights.add(parameter.name(), fixture.tensors().require("weight." + parameter.name()));
    }
    try (Trainee trainee =
            new Trainee(network.program(), weights.build(), config.recipe().adamW(), Device.cpu());
        NDManager manager = trainee.newManager()) {
      Tensor images = fixture.tensors().require("images");
      NDArray bytes = manager.create(images.bytes(), new Shape(images.shape()), DataType.UINT8);
      try (NDList results = trainee.run("forward", bytes)) {
        Dense logits = Dense.of(results.get(0).toFloatArray(), BATCH, CLASSES, HEIGHT, WIDTH);
        Closeness.check("logits", FORWARD, fixture.dense("logits"), logits);
      }
      Part part = new SegmentInputs(config, 0, batch(fixture)).parts(1).get(0);
      NDArray[] inputs = part.inputs().apply(manager);
      Tensor drop = fixture.tensors().require("drop_path");
      inputs[1] = manager.create(drop.toFloats(), new Shape(drop.shape()));
      float loss = trainee.accumulate(part.function(), inputs);
      assertEquals(fixture.scalar("loss"), loss, FORWARD);
      for (Parameter parameter : network.program().parameters()) {
        if (parameter.trainable()) {
          Dense expected = fixture.dense("grad." + parameter.name());
          Dense found = Dense.of(trainee.gradient(parameter.name()), expected.shape());
          Closeness.check("gradient of " + parameter.name(), GRADIENT, expected, found);
        }
      }
    }
  }

  /** Images with their masks behind, as the loader gives them. */
  private static Batch batch(Fixture fixture) {
    ByteBuffer images = fixture.tensors().require("images").bytes();
    ByteBuffer masks = fixture.tensors().require("masks").bytes();
    ByteBuffer joined = ByteBuffer.allocateDirect(BATCH * HEIGHT * WIDTH * 4);
    for (int i = 0; i < BATCH; i++) {
      byte[] image = new byte[HEIGHT * WIDTH * 3];
      byte[] mask = new byte[HEIGHT * WIDTH];
      images.get(i * image.length, image);
      masks.get(i * mask.length, mask);
      joined.put(
          Masks.join(Pixels.of(HEIGHT, WIDTH, 3, image), Pixels.of(HEIGHT, WIDTH, 1, mask)).data());
    }
    return new Batch(0, joined.flip(), BATCH, new long[] {0, 1, 2}, new int[BATCH]);
  }

  private static SegmenterConfig config(SegmentationHead.Kind kind) {
    return new SegmenterConfig(
        "tiny",
        "",
        true,
        new VitConfig(HEIGHT, WIDTH, 3, 8, 12, 2, 3, 4, VitConfig.Positions.LEARNED),
        new Preprocessing(
            HEIGHT,
            WIDTH,
            3,
            List.of(0.485, 0.456, 0.406),
            List.of(0.229, 0.224, 0.225),
            Interpolation.BICUBIC,
            1),
        new SegmentationHead(kind, CLASSES, 5),
        List.of("a", "b", "c", "d"),
        new Recipe(
            UnfreezePlan.all(1),
            new RateRule.Flat(),
            new RateSchedule.Constant(),
            BATCH,
            1e-3,
            new AdamW(0.9, 0.999, 1e-8, 0.05),
            0.05),
        SegmentAugmentation.none(),
        0,
        0,
        0,
        Numerics.plain());
  }
}
