package ai.lacuna.foreign;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.oracle.TorchRun;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.weights.NamedTensors;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Files of {@code tests/fixtures/import/make_import_fixture.py}, and how to run what they give. */
final class Foreign {
  static final int HEADS = 2;

  /** float32 against float64; features of about 1, which is far below the required 1e-4. */
  static final double VALUES = 1e-5;

  private static final Fixture EXPECTED = Fixture.read("import/expected");

  private Foreign() {}

  static Path file(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(Foreign.class.getResource("/fixtures/import/" + name), name)
              .toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A reader of a fixture, told the heads that its small width does not tell. */
  static ForeignWeights weights(String name) {
    return ForeignWeights.of(file(name)).heads(HEADS).decoderHeads(HEADS);
  }

  static Dense expected(String name) {
    return EXPECTED.dense(name);
  }

  static VisionTransformer encoder(ForeignNetwork network) {
    Normalization statistics =
        new Normalization(network.preprocessing().mean(), network.preprocessing().std());
    return new VisionTransformer(network.vit(), statistics);
  }

  /** An output of a function on the fixtures' images. */
  static Dense run(Graph function, String output, NamedTensors weights) {
    Map<String, Dense> inputs = new LinkedHashMap<>();
    function.inputs().stream()
        .map(input -> ((Op.Input) input.op()).name())
        .forEach(name -> inputs.put(name, EXPECTED.dense(name)));
    return Objects.requireNonNull(
        TorchRun.run(function, inputs, Weights.source(weights)).get(output), output);
  }
}
