package ai.lacuna.vit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Value;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.oracle.NaiveInterpreter;
import ai.lacuna.oracle.TorchRun;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Trainee;
import ai.lacuna.train.Weights;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The encoder is timm's VisionTransformer, under the same parameter names; see {@code
 * tests/fixtures/vit/make_vit_fixture.py}.
 */
class TimmVisionTransformerTest {
  /** The fixture's values are float32 roundings of a computation in double precision. */
  private static final double ROUNDING = 3e-7;

  /** The requirement for features and gradients in float32. */
  private static final double VALUES = 1e-4;

  /** One float32 rounding of a sine or cosine. */
  private static final double FLOAT_ULP = 6e-8;

  private static final String LEARNED = "learned";
  private static final String OF_MAE = "mae-rgb-wide";

  private static Fixture expected(String name) {
    return Fixture.read("vit/" + name + ".expected");
  }

  private static Fixture weights(String name) {
    return Fixture.read(name.equals(LEARNED) ? "vit/learned.weights" : "mae/rgb-wide.weights");
  }

  private static VisionTransformer encoder(String name) {
    VitConfig config =
        name.equals(LEARNED)
            ? new VitConfig(12, 8, 3, 4, 16, 3, 4, 4, VitConfig.Positions.LEARNED)
            : new VitConfig(8, 32, 3, 4, 16, 2, 2, 4, VitConfig.Positions.SIN_COS);
    return new VisionTransformer(config, MaeFixture.normalization(expected(name)));
  }

  @ParameterizedTest
  @CsvSource({
    LEARNED + ",forward,tokens",
    LEARNED + ",features,features",
    OF_MAE + ",forward,tokens",
    OF_MAE + ",features,features"
  })
  void agreesWithTimm(String name, String function, String result) {
    Fixture expected = expected(name);
    Graph graph = encoder(name).program().function(function);
    Map<String, Dense> inputs = MaeFixture.inputs(expected, graph);
    Fixture weights = weights(name);
    Map<String, Dense> naive = NaiveInterpreter.run(graph, inputs, weights.all(""));
    Map<String, Dense> torch = TorchRun.run(graph, inputs, Weights.source(weights.tensors()));
    Dense values = expected.dense(result);
    Closeness.check("definition", ROUNDING, values, naive.getOrDefault(result, Dense.zeros()));
    Closeness.check("engine", VALUES, values, torch.getOrDefault(result, Dense.zeros()));
  }

  @Test
  void gradientsAgreeWithTimmLearnedPositionsIncluded() {
    Fixture expected = expected(LEARNED);
    VisionTransformer encoder = encoder(LEARNED);
    GraphBuilder g = new GraphBuilder("loss");
    List<Value> blocks = encoder.encode(g, encoder.images(g));
    Value tokens = encoder.norm(g, blocks.get(blocks.size() - 1));
    Value weight = g.input("weight", DType.FLOAT32, tokens.shape());
    Graph loss = g.output("loss", g.sum(g.mul(tokens, weight), false, 0, 1, 2)).build();
    Map<String, Dense> inputs =
        Map.of("images", expected.dense("input.images"), "weight", expected.dense("grad.weight"));
    try (Trainee trainee =
            new Trainee(
                Program.of(loss), weights(LEARNED).tensors(), AdamW.pretraining(), Device.cpu());
        NDManager manager = trainee.newManager()) {
      trainee.accumulate("loss", TorchRun.arguments(manager, loss, inputs));
      Map<String, Dense> gradients = expected.all("grad.");
      gradients.remove("weight");
      assertEquals(8, gradients.size());
      gradients.forEach(
          (parameter, gradient) ->
              Closeness.check(
                  "gradient of " + parameter,
                  VALUES,
                  gradient,
                  Dense.of(trainee.gradient(parameter), gradient.shape())));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"7x7x64", "3x5x24", "2x8x16", "5x1x8"})
  void fixedPositionsAreThePublishedTable(String shape) {
    int[] parts = Arrays.stream(shape.split("x")).mapToInt(Integer::parseInt).toArray();
    VitConfig config =
        new VitConfig(
            2 * parts[0], 2 * parts[1], 1, 2, parts[2], 1, 1, 4, VitConfig.Positions.SIN_COS);
    Dense expected = Fixture.read("vit/positions").dense(shape);
    float[] found =
        new VisionTransformer(config, new Normalization(List.of(0.5), List.of(0.5)))
            .forward().parameters().stream()
                .filter(p -> p.name().equals("pos_embed"))
                .findFirst()
                .orElseThrow()
                .initializer()
                .values(expected.values().length, new Random(0));
    Closeness.check(shape, FLOAT_ULP, expected, Dense.of(found, expected.shape()));
  }
}
