package ai.lacuna.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.masking.Mask;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TraineeTest {
  private static final int BATCH = 4;
  private static final VitConfig VIT =
      new VitConfig(8, 12, 1, 4, 16, 2, 2, 4, VitConfig.Positions.SIN_COS);
  private static final int KEEP = 2;
  private static final MaskedAutoencoder MAE =
      new MaskedAutoencoder(
          new VisionTransformer(VIT, new Normalization(List.of(0.5), List.of(0.25))),
          new DecoderConfig(16, 1, 2, 4),
          KEEP,
          Objective.paper());

  private static Trainee fresh() {
    NamedTensors weights = Weights.initial(MAE.program(), 7);
    return new Trainee(MAE.program(), weights, AdamW.pretraining(), Device.cpu());
  }

  private static NDArray[] batch(NDManager manager) {
    int n = VIT.numPatches();
    byte[] pixels = new byte[BATCH * VIT.imageHeight() * VIT.imageWidth()];
    new Random(1).nextBytes(pixels);
    long[] keep = new long[BATCH * KEEP];
    long[] restore = new long[BATCH * n];
    float[] removed = new float[BATCH * n];
    long[] remove = new long[BATCH * (n - KEEP)];
    for (int b = 0; b < BATCH; b++) {
      Mask mask = new RandomMask(n, KEEP).sample(3, 0, b);
      for (int i = 0; i < KEEP; i++) {
        keep[b * KEEP + i] = mask.idKeep(i);
      }
      for (int i = 0; i < n; i++) {
        restore[b * n + i] = mask.idRestore(i);
        removed[b * n + i] = mask.removed(i) ? 1 : 0;
        if (mask.removed(i)) {
          remove[b * (n - KEEP) + mask.idRestore(i) - KEEP] = i;
        }
      }
    }
    Shape images = new Shape(BATCH, VIT.imageHeight(), VIT.imageWidth(), 1);
    return new NDArray[] {
      manager.create(ByteBuffer.wrap(pixels), images, DataType.UINT8),
      manager.create(keep, new Shape(BATCH, KEEP)),
      manager.create(restore, new Shape(BATCH, n)),
      manager.create(removed, new Shape(BATCH, n)),
      manager.create(remove, new Shape(BATCH, n - KEEP))
    };
  }

  private static float step(Trainee trainee) {
    try (NDManager manager = trainee.newManager()) {
      float loss = trainee.accumulate("loss", batch(manager));
      trainee.step(3e-3);
      return loss;
    }
  }

  @Test
  void lossFallsWhenOneBatchIsRepeated() {
    try (Trainee trainee = fresh()) {
      float first = step(trainee);
      float last = first;
      for (int i = 0; i < 60; i++) {
        last = step(trainee);
      }
      assertTrue(last < first / 2, "from " + first + " to " + last);
      assertEquals(61, trainee.steps());
    }
  }

  @Test
  void everyTrainableParameterMovesAndFixedOnesStay() {
    try (Trainee trainee = fresh()) {
      NamedTensors before = trainee.weights();
      step(trainee);
      step(trainee);
      NamedTensors after = trainee.weights();
      for (var parameter : MAE.program().parameters()) {
        boolean same =
            before.require(parameter.name()).contentEquals(after.require(parameter.name()));
        assertEquals(!parameter.trainable(), same, parameter.name());
      }
    }
  }

  @Test
  void restoredStateContinuesBitForBit() {
    try (Trainee whole = fresh();
        Trainee interrupted = fresh()) {
      for (int i = 0; i < 3; i++) {
        step(whole);
        step(interrupted);
      }
      NamedTensors weights = interrupted.weights();
      NamedTensors state = interrupted.optimizerState();
      try (Trainee resumed =
          new Trainee(MAE.program(), weights, AdamW.pretraining(), Device.cpu())) {
        resumed.restoreOptimizer(state);
        assertEquals(step(whole), step(resumed));
        assertEquals(step(whole), step(resumed));
        assertEquals(whole.weights().sha256(), resumed.weights().sha256());
      }
    }
  }

  private static ParameterGroups only(String parameter) {
    return new ParameterGroups(Map.of(parameter, new ParameterGroups.Setting(1, 0)));
  }

  /** A run that is forced on may train more than before, and average what it did not. */
  @Test
  void parametersAndAnAverageWithoutSavedStateBeginAnew() {
    try (Trainee narrow = fresh();
        Trainee wide = fresh()) {
      narrow.train(only("norm.bias"));
      step(narrow);
      NamedTensors state = narrow.optimizerState();
      assertEquals(List.of("step", "exp_avg.norm.bias", "exp_avg_sq.norm.bias"), state.names());
      wide.average(0.9);
      wide.restoreOptimizer(state);
      assertEquals(1, wide.steps());
      assertEquals(wide.weights().sha256(), wide.averagedWeights().sha256());
      NamedTensors restored = wide.optimizerState();
      assertTrue(
          state.require("exp_avg.norm.bias").contentEquals(restored.require("exp_avg.norm.bias")));
      assertArrayEquals(new float[] {0}, restored.require("step.norm.weight").toFloats());
      step(wide);
      assertEquals(2, wide.steps());
      wide.train(only("norm.bias"));
      assertTrue(wide.optimizerState().names().contains("exp_avg.norm.weight"), "what made a step");
    }
  }

  @Test
  void anOptimizerStateOfAnotherNetworkIsRefused() {
    try (Trainee trainee = fresh()) {
      NamedTensors other =
          NamedTensors.builder()
              .add("step", Tensor.of(new float[] {1}))
              .add("exp_avg.other", Tensor.of(new float[1], 1))
              .build();
      assertThrows(WeightsException.class, () -> trainee.restoreOptimizer(other));
    }
  }

  @Test
  void stepClearsGradients() {
    try (Trainee trainee = fresh();
        NDManager manager = trainee.newManager()) {
      trainee.accumulate("loss", batch(manager));
      assertTrue(trainee.gradientNorm() > 0);
      trainee.step(1e-3);
      assertEquals(0, trainee.gradientNorm());
      assertArrayEquals(
          new float[VIT.embedDim()], trainee.gradient("norm.bias"), "gradient of norm.bias");
    }
  }

  @Test
  void stepsLeaveNoArrayBehind() {
    try (Trainee trainee = fresh()) {
      step(trainee);
      int before = trainee.managedArrays();
      for (int i = 0; i < 20; i++) {
        step(trainee);
      }
      assertEquals(before, trainee.managedArrays());
      assertFalse(Float.isNaN(step(trainee)));
    }
  }
}
