package ai.lacuna.vit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.instruments.Activations;
import ai.lacuna.instruments.Flops;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.NaiveInterpreter;
import ai.lacuna.oracle.TorchRun;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Trainee;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.DecoderConfig.Context;
import ai.lacuna.vit.DecoderConfig.Kind;
import ai.lacuna.vit.DecoderConfig.MaskToken;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoders besides the published one: an independent implementation agrees. */
class DecoderVariantsTest {
  /** The fixture's values are float32 roundings of a computation in double precision. */
  private static final double ROUNDING = 3e-7;

  /** The requirement for the loss, relative. */
  private static final double LOSS = 1e-5;

  /** The requirement for predictions and gradients. */
  private static final double VALUES = 1e-4;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cross",
        "cross-gaussian",
        "cross-mean-shared",
        "cross-weighted",
        "full-gaussian",
        "full-mean-shared"
      })
  void definitionIsTheFormula(String variant) {
    DecoderFixture fixture = DecoderFixture.read(variant);
    Graph forward = fixture.network().forward();
    check(
        fixture,
        NaiveInterpreter.run(forward, fixture.inputs(forward), fixture.parameters()),
        ROUNDING,
        ROUNDING);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cross",
        "cross-gaussian",
        "cross-mean-shared",
        "cross-weighted",
        "full-gaussian",
        "full-mean-shared"
      })
  void engineComputesLossPredictionAndGradients(String variant) {
    DecoderFixture fixture = DecoderFixture.read(variant);
    Graph forward = fixture.network().forward();
    check(
        fixture,
        TorchRun.run(forward, fixture.inputs(forward), Weights.source(fixture.weights())),
        LOSS,
        VALUES);
    Map<String, Dense> gradients = fixture.expected().all("grad.");
    assertTrue(gradients.size() >= 20, "gradients in the fixture");
    Graph loss = fixture.network().lossFunction();
    try (Trainee trainee =
            new Trainee(Program.of(loss), fixture.weights(), AdamW.pretraining(), Device.cpu());
        NDManager manager = trainee.newManager()) {
      trainee.accumulate("loss", TorchRun.arguments(manager, loss, fixture.inputs(loss)));
      gradients.forEach(
          (name, gradient) ->
              Closeness.check(
                  "gradient of " + name,
                  VALUES,
                  gradient,
                  Dense.of(trainee.gradient(name), gradient.shape())));
    }
  }

  private static void check(
      DecoderFixture fixture, Map<String, Dense> found, double lossTolerance, double tolerance) {
    double expected = fixture.expected().scalar("loss");
    double loss = found.getOrDefault("loss", Dense.zeros()).values()[0];
    assertEquals(expected, loss, lossTolerance * expected, "loss");
    Dense pred = found.getOrDefault("pred", Dense.zeros());
    Closeness.check("pred", tolerance, fixture.expected().dense("pred"), pred);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cross", "cross-mean-shared", "cross-weighted", "full-mean-shared"})
  void hasTheParametersOfItsFormulaAndNoOthers(String variant) {
    DecoderFixture fixture = DecoderFixture.read(variant);
    assertEquals(
        new TreeSet<>(fixture.weights().names()),
        fixture.network().program().parameters().stream()
            .map(Parameter::name)
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  @ParameterizedTest
  @EnumSource(MaskToken.class)
  void functionsTakeTheSameInputsWhateverTheDecoder(MaskToken token) {
    for (Kind kind : Kind.values()) {
      DecoderConfig decoder = DecoderConfig.micro().with(kind).with(token);
      MaskedAutoencoder network =
          new MaskedAutoencoder(
              new VisionTransformer(
                  VitConfig.micro4(), new Normalization(List.of(0.5), List.of(0.25))),
              decoder,
              12,
              Objective.paper());
      for (Graph function : List.of(network.lossFunction(), network.forward())) {
        List<String> inputs =
            function.inputs().stream().map(input -> ((Op.Input) input.op()).name()).toList();
        assertEquals(
            List.of("images", "ids_keep", "ids_restore", "mask", "ids_remove"),
            inputs,
            function.name());
      }
    }
  }

  @Test
  void theFinalNormHasNoPartInTheLossOfWeightedBlocks() {
    DecoderFixture fixture = DecoderFixture.read("cross-weighted");
    Graph loss = fixture.network().lossFunction();
    assertTrue(loss.parameters().stream().noneMatch(p -> p.name().startsWith("norm.")));
    try (Trainee trainee =
            new Trainee(
                fixture.network().program(), fixture.weights(), AdamW.pretraining(), Device.cpu());
        NDManager manager = trainee.newManager()) {
      trainee.accumulate("loss", TorchRun.arguments(manager, loss, fixture.inputs(loss)));
      for (float value : trainee.gradient("norm.weight")) {
        assertEquals(0, value);
      }
    }
  }

  @Test
  void weightedBlocksCostTheirSums() {
    MaskedAutoencoder weighted = DecoderFixture.read("cross-weighted").network();
    MaskedAutoencoder last =
        new MaskedAutoencoder(
            weighted.encoder(),
            weighted.decoder().with(Context.LAST),
            weighted.keep(),
            weighted.objective());
    // A multiply and an add for each of 2 blocks, 3 states, 1 + 4 tokens and 16 channels.
    assertEquals(2 * 2 * 3 * 5 * 16, Flops.of(weighted).decoder() - Flops.of(last).decoder());
    assertEquals(Flops.of(last).encoder(), Flops.of(weighted).encoder());
    // What is kept: the states side by side, their sums and the normed sums, for the final norm.
    long state = 5 * 16 * Float.BYTES;
    assertEquals(
        (3 + 2 + 2 - 1) * state,
        Activations.bytesOfImage(weighted.lossFunction())
            - Activations.bytesOfImage(last.lossFunction()));
  }

  @Test
  void onlyACrossDecoderLooksAtWeightedBlocks() {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class, () -> DecoderConfig.micro().with(Context.WEIGHTED));
    assertEquals(
        "decoder context: expected last of a decoder of all tokens, found weighted; choose the"
            + " cross decoder",
        refusal.getMessage());
  }

  @Test
  void crossDecoderHasNoSelfAttention() {
    DecoderFixture fixture = DecoderFixture.read("cross");
    assertFalse(
        fixture.network().program().parameters().stream()
            .anyMatch(p -> p.name().matches("decoder_blocks.*\\.attn\\..*")));
  }
}
