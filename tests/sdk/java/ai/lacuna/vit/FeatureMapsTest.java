package ai.lacuna.vit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.lacuna.graph.Graph;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.NaiveInterpreter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FeatureMapsTest {
  /** Rounding of double operations, and of the constants' float32. */
  private static final double ROUNDING = 1e-6;

  @Test
  void pixelsOfAnotherNormalizationGiveTheTokensOfTheImage() {
    MaeFixture fixture = MaeFixture.read("rgb-wide", true);
    VisionTransformer encoder = fixture.network().encoder();
    Normalization other = new Normalization(List.of(0.5, 0.25, 0.125), List.of(0.5, 1.0, 0.75));
    Dense images = fixture.expected().dense("input.images");
    Dense pixels =
        Dense.filled(
            i ->
                (images.get(i[0], i[2], i[3], i[1]) / 255 - other.mean().get(i[1]))
                    / other.std().get(i[1]),
            images.dim(0),
            3,
            images.dim(1),
            images.dim(2));
    Map<String, Dense> weights = fixture.weights().all("");
    Graph maps = encoder.featureMaps("forward", other);
    Map<String, Dense> found = NaiveInterpreter.run(maps, Map.of("pixels", pixels), weights);
    Dense tokens =
        NaiveInterpreter.run(encoder.forward(), Map.of("images", images), weights)
            .getOrDefault("tokens", Dense.zeros(0));
    assertEquals(encoder.config().depth(), found.size());
    Dense last = found.getOrDefault("block1", Dense.zeros(0));
    Dense expected =
        Dense.filled(i -> tokens.get(i[0], i[1] + 1, i[2]), last.dim(0), last.dim(1), last.dim(2));
    Closeness.check("last block", ROUNDING, expected, last);
  }
}
