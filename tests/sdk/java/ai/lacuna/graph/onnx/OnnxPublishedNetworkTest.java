package ai.lacuna.graph.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.oracle.RemovedIds;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.DecoderFixture;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.onnxruntime.OrtException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ONNX Runtime computes the published networks from the lowered models. */
class OnnxPublishedNetworkTest {
  /** The requirement for the loss, relative. */
  private static final double LOSS = 1e-5;

  /** The requirement for features and predictions in float32. */
  private static final double VALUES = 1e-4;

  private static Normalization normalization(Fixture expected) {
    return new Normalization(list(expected.dense("input.mean")), list(expected.dense("input.std")));
  }

  private static List<Double> list(Dense dense) {
    return Arrays.stream(dense.values()).boxed().toList();
  }

  private static Map<String, Dense> run(
      Graph graph, Fixture weights, Fixture expected, OnnxTarget target) throws OrtException {
    Map<String, Dense> inputs =
        graph.inputs().stream()
            .map(input -> ((Op.Input) input.op()).name())
            .collect(Collectors.toMap(name -> name, name -> input(expected, name)));
    return OrtRun.run(
        OnnxLowering.lower(
            graph, Weights.source(weights.tensors())::bytes, OnnxForm.of(target), Map.of()),
        graph,
        inputs);
  }

  private static Dense input(Fixture expected, String name) {
    return name.equals("ids_remove")
        ? RemovedIds.of(
            expected.dense("input.ids_restore"), expected.dense("input.ids_keep").dim(1))
        : expected.dense("input." + name);
  }

  @ParameterizedTest
  @EnumSource(OnnxTarget.class)
  void encoderIsTimms(OnnxTarget target) throws OrtException {
    Fixture expected = Fixture.read("vit/learned.expected");
    VitConfig config = new VitConfig(12, 8, 3, 4, 16, 3, 4, 4, VitConfig.Positions.LEARNED);
    VisionTransformer encoder = new VisionTransformer(config, normalization(expected));
    Fixture weights = Fixture.read("vit/learned.weights");
    Map<String, Dense> tokens = run(encoder.forward(), weights, expected, target);
    Closeness.check("tokens", VALUES, expected.dense("tokens"), OrtRun.require(tokens, "tokens"));
    Map<String, Dense> features = run(encoder.features(), weights, expected, target);
    Closeness.check(
        "features", VALUES, expected.dense("features"), OrtRun.require(features, "features"));
  }

  @ParameterizedTest
  @EnumSource(OnnxTarget.class)
  void maskedAutoencoderIsThePublishedOne(OnnxTarget target) throws OrtException {
    Fixture expected = Fixture.read("mae/rgb-wide.expected");
    VitConfig config = new VitConfig(8, 32, 3, 4, 16, 2, 2, 4, VitConfig.Positions.SIN_COS);
    MaskedAutoencoder network =
        new MaskedAutoencoder(
            new VisionTransformer(config, normalization(expected)),
            new DecoderConfig(12, 2, 3, 4),
            4,
            Objective.paper());
    Map<String, Dense> found =
        run(network.forward(), Fixture.read("mae/rgb-wide.weights"), expected, target);
    double loss = expected.scalar("loss.norm");
    assertEquals(loss, OrtRun.require(found, "loss").values()[0], LOSS * loss);
    for (String name : List.of("pred", "latent")) {
      Closeness.check(name, VALUES, expected.dense(name), OrtRun.require(found, name));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cross", "full-gaussian", "cross-mean-shared", "cross-weighted"})
  void otherDecodersAreWhatPyTorchComputes(String variant) throws OrtException {
    DecoderFixture fixture = DecoderFixture.read(variant);
    Graph forward = fixture.network().forward();
    Map<String, Dense> found =
        OrtRun.run(
            OnnxLowering.lower(
                forward, Weights.source(fixture.weights())::bytes, OnnxForm.portable(), Map.of()),
            forward,
            fixture.inputs(forward));
    double loss = fixture.expected().scalar("loss");
    assertEquals(loss, OrtRun.require(found, "loss").values()[0], LOSS * loss);
    Closeness.check(
        "pred", VALUES, fixture.expected().dense("pred"), OrtRun.require(found, "pred"));
  }
}
