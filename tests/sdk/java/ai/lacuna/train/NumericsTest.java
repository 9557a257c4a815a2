package ai.lacuna.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.graph.Precision;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumericsTest {
  /** Sums of the same float32 products in another order. */
  private static final double ORDER = 1e-6;

  /** Gradients are sums of some hundred float32 terms of both signs: a few more roundings. */
  private static final double GRADIENT_ORDER = 1e-5;

  private static final int STEPS = 5;
  private static final double RATE = 1e-3;

  private static double step(Trainee trainee, int step, int... sizes) {
    double loss = trainee.accumulate(TinyMae.parts(step, sizes));
    assertTrue(trainee.step(RATE).applied(), "step " + step);
    return loss;
  }

  /** bfloat16 has 8 bits of mantissa, float16 11: a rounding is 2^-9 or 2^-12 of a value. */
  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"BFLOAT16", "FLOAT16"})
  void lowPrecisionFollowsFloat32(Precision precision) {
    double tolerance = precision == Precision.BFLOAT16 ? 0.02 : 0.003;
    try (Trainee exact = TinyMae.trainee(Numerics.plain(), 1);
        Trainee low = TinyMae.trainee(Numerics.plain().withPrecision(precision), 1)) {
      double first = exact.accumulate(TinyMae.parts(0, TinyMae.BATCH));
      double same = low.accumulate(TinyMae.parts(0, TinyMae.BATCH));
      assertEquals(first, same, first * tolerance);
      assertNotEquals(first, same, "was it float32?");
      exact.unscaleAndClip();
      low.unscaleAndClip();
      double difference = TinyMae.gradientDifference(low, exact);
      assertTrue(difference < 5 * tolerance, "gradients differ by " + difference);
      low.step(0);
      for (int i = 0; i < 40; i++) {
        low.accumulate(TinyMae.parts(0, TinyMae.BATCH));
        low.step(3e-3);
      }
      double loss = low.accumulate(TinyMae.parts(0, TinyMae.BATCH));
      assertTrue(loss < 0.7 * first, "from " + first + " to " + loss);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void activationsThatAreComputedAgainGiveTheSameGradients(Precision precision) {
    Numerics numerics = Numerics.plain().withPrecision(precision);
    try (Trainee kept = TinyMae.trainee(numerics, 1);
        Trainee again = TinyMae.trainee(numerics.withCheckpointActivations(true), 1)) {
      for (int i = 0; i < STEPS; i++) {
        double loss = kept.accumulate(TinyMae.parts(i, TinyMae.BATCH));
        assertEquals(loss, again.accumulate(TinyMae.parts(i, TinyMae.BATCH)));
        assertEquals(0, TinyMae.gradientDifference(again, kept), "step " + i);
        kept.step(RATE);
        again.step(RATE);
      }
      assertEquals(kept.weights().sha256(), again.weights().sha256());
    }
  }

  @Test
  void partsOfABatchAreTheBatch() {
    try (Trainee whole = TinyMae.trainee(Numerics.plain(), 1);
        Trainee cut = TinyMae.trainee(Numerics.plain(), 1)) {
      for (int i = 0; i < STEPS; i++) {
        double loss = whole.accumulate(TinyMae.parts(i, TinyMae.BATCH));
        assertEquals(loss, cut.accumulate(TinyMae.parts(i, 3, 3, 2)), ORDER * loss);
        double difference = TinyMae.gradientDifference(cut, whole);
        assertTrue(difference < GRADIENT_ORDER, "step " + i + ": " + difference);
        whole.step(RATE);
        cut.step(RATE);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void twoReplicasAreOneDeviceWithTheWholeBatch(boolean checkpointed) {
    Numerics numerics = Numerics.plain().withCheckpointActivations(checkpointed).withClipNorm(0.5);
    try (Trainee one = TinyMae.trainee(numerics, 1);
        Trainee two = TinyMae.trainee(numerics, 2)) {
      assertEquals(2, two.replicas());
      for (int i = 0; i < STEPS; i++) {
        double loss = step(one, i, TinyMae.BATCH);
        assertEquals(loss, step(two, i, 3, 3, 2), 10 * ORDER * loss, "step " + i);
      }
    }
  }

  /** The CPU under two names: gradients are copied as they are between two GPUs. */
  @Test
  void gradientsOfAnotherDeviceAreCopiedToTheFirst() {
    try (Trainee here = TinyMae.trainee(Numerics.plain(), 2);
        Trainee apart =
            TinyMae.trainee(Numerics.plain(), List.of(Device.cpu(), Device.of("cpu", 0)))) {
      int arrays = apart.managedArrays();
      for (int i = 0; i < STEPS; i++) {
        assertEquals(step(here, i, 4, 4), step(apart, i, 4, 4), "step " + i);
      }
      assertEquals(here.weights().sha256(), apart.weights().sha256());
      assertEquals(arrays, apart.managedArrays());
    }
  }

  @Test
  void replicasHoldTheSameWeightsAfterEachStep() {
    try (Trainee two = TinyMae.trainee(Numerics.plain(), 2)) {
      step(two, 0, 4, 4);
      double first = two.accumulate(TinyMae.parts(1, TinyMae.BATCH));
      // A part without images' weight lets the second replica compute the same batch.
      Part nothing = new Part("loss", 0, m -> TinyMae.inputs(m, 1, 0, 1));
      Part all = TinyMae.parts(1, TinyMae.BATCH).get(0);
      assertEquals(first, two.accumulate(List.of(nothing, all)));
    }
  }

  @Test
  void aReplicaThatFailsIsReportedAndTheOthersEnd() {
    try (Trainee two = TinyMae.trainee(Numerics.plain(), 2)) {
      Part good = TinyMae.parts(0, TinyMae.BATCH).get(0);
      Part bad =
          new Part(
              "loss",
              1,
              m -> {
                throw new IllegalArgumentException("no such image");
              });
      IllegalStateException failure =
          assertThrows(IllegalStateException.class, () -> two.accumulate(List.of(good, bad)));
      assertTrue(String.valueOf(failure.getMessage()).contains("no such image"));
    }
  }

  @Test
  void anInterruptedCallerWaitsForAllReplicasAndStaysInterrupted() {
    AtomicInteger ended = new AtomicInteger();
    try (Trainee two = TinyMae.trainee(Numerics.plain(), 2)) {
      Part quick = TinyMae.parts(0, TinyMae.BATCH).get(0);
      Part slow =
          new Part(
              "loss",
              0,
              m -> {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
                ended.incrementAndGet();
                return TinyMae.inputs(m, 0, 0, 1);
              });
      Thread.currentThread().interrupt();
      double loss = two.accumulate(List.of(quick, slow));
      assertTrue(Thread.interrupted(), "the interrupt is still there");
      assertEquals(1, ended.get());
      assertTrue(Double.isFinite(loss));
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void anOverflowOfFloat16SkipsTheStepAndHalvesTheScale() {
    Numerics half = Numerics.plain().withPrecision(Precision.FLOAT16);
    try (Trainee trainee = TinyMae.trainee(half, 1)) {
      double scale = trainee.lossScale();
      String before = trainee.weights().sha256();
      Part part = TinyMae.parts(0, TinyMae.BATCH).get(0);
      trainee.accumulate(List.of(new Part("loss", 1e6, part.inputs())));
      Update update = trainee.step(RATE);
      assertFalse(update.applied());
      assertTrue(update.retryable());
      assertEquals(scale / 2, trainee.lossScale());
      assertEquals(before, trainee.weights().sha256());
      assertEquals(0, trainee.gradientNorm());
      assertEquals(0, trainee.steps());
      step(trainee, 0, TinyMae.BATCH);
    }
  }

  @Test
  void theLossScaleIsPartOfTheOptimizersState() {
    Numerics half = Numerics.plain().withPrecision(Precision.FLOAT16);
    try (Trainee first = TinyMae.trainee(half, 1);
        Trainee second = TinyMae.trainee(half, 1);
        Trainee plain = TinyMae.trainee(Numerics.plain(), 1)) {
      NamedTensors.Builder state = NamedTensors.builder();
      first.optimizerState().forEach(entry -> add(state, entry));
      second.restoreOptimizer(state.build());
      assertEquals(1024, second.lossScale());
      second.restoreOptimizer(plain.optimizerState());
      assertEquals(1024, second.lossScale());
      plain.restoreOptimizer(first.optimizerState());
      assertEquals(1, plain.lossScale());
    }
  }

  private static void add(NamedTensors.Builder state, NamedTensors.Entry entry) {
    boolean scale = entry.name().equals("loss_scale");
    state.add(entry.name(), scale ? Tensor.of(new float[] {1024, 3}, 2) : entry.tensor());
  }

  @Test
  void theLossScaleGrowsAfterGoodSteps() {
    LossScale scale =
        new LossScale(new Numerics(Precision.FLOAT16, 1, 0, false, Numerics.OnNonFinite.FAIL));
    for (int i = 0; i < LossScale.GROWTH_INTERVAL; i++) {
      assertEquals(65_536, scale.scale());
      scale.succeeded();
    }
    assertEquals(131_072, scale.scale());
    while (scale.overflowed()) {
      assertTrue(scale.scale() >= 1);
    }
    assertEquals(1, scale.scale());
  }

  @Test
  void aGradientThatIsNotFiniteLeavesTheWeights() {
    try (Trainee trainee = TinyMae.trainee(Numerics.plain(), 1)) {
      String before = trainee.weights().sha256();
      Part part = TinyMae.parts(0, TinyMae.BATCH).get(0);
      trainee.accumulate(List.of(new Part("loss", Double.NaN, part.inputs())));
      Update update = trainee.step(RATE);
      assertFalse(update.applied() || update.retryable());
      assertEquals(before, trainee.weights().sha256());
      assertTrue(trainee.hasFiniteWeights());
    }
  }

  @Test
  void refusesWhatIsOutOfRange() {
    assertThrows(IllegalArgumentException.class, () -> Numerics.plain().withAccumulation(0));
    assertThrows(IllegalArgumentException.class, () -> Numerics.plain().withClipNorm(-1));
    assertThrows(IllegalArgumentException.class, () -> Precision.parse("int8"));
  }
}
