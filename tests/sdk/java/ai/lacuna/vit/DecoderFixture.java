package ai.lacuna.vit;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.vit.DecoderConfig.Context;
import ai.lacuna.vit.DecoderConfig.Kind;
import ai.lacuna.vit.DecoderConfig.MaskToken;
import ai.lacuna.vit.DecoderConfig.Positions;
import ai.lacuna.weights.NamedTensors;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The encoder of {@link MaeFixture} with another decoder, and what PyTorch makes of it; see {@code
 * tests/fixtures/objective/make_objective_fixture.py}.
 *
 * @param network the same network here
 * @param weights its parameters
 * @param inputs its inputs
 * @param expected results
 */
public record DecoderFixture(
    MaskedAutoencoder network, NamedTensors weights, Map<String, Dense> inputs, Fixture expected) {

  /** Reads the fixture of a variant: {@code cross-mean-shared}. */
  public static DecoderFixture read(String variant) {
    MaeFixture published = MaeFixture.read("rgb-wide", true);
    Fixture expected = Fixture.read("objective/decoder-" + variant);
    DecoderConfig decoder =
        published
            .network()
            .decoder()
            .with(variant.startsWith("cross") ? Kind.CROSS : Kind.FULL)
            .with(
                variant.contains("gaussian")
                    ? MaskToken.GAUSSIAN
                    : variant.contains("mean") ? MaskToken.MEAN : MaskToken.LEARNED)
            .with(variant.endsWith("shared") ? Positions.SHARED : Positions.SEPARATE)
            .with(variant.endsWith("weighted") ? Context.WEIGHTED : Context.LAST);
    MaskedAutoencoder network =
        new MaskedAutoencoder(
            published.network().encoder(),
            decoder,
            published.network().keep(),
            published.network().objective());
    NamedTensors.Builder weights = NamedTensors.builder();
    published
        .weights()
        .tensors()
        .only(name -> !name.startsWith("decoder_") && !name.equals("mask_token"))
        .forEach(entry -> weights.add(entry.name(), entry.tensor()));
    String prefix = "weight.";
    expected
        .tensors()
        .only(name -> name.startsWith(prefix))
        .forEach(entry -> weights.add(entry.name().substring(prefix.length()), entry.tensor()));
    Map<String, Dense> inputs = new LinkedHashMap<>(published.expected().all("input."));
    inputs.put("ids_remove", MaeFixture.input(published.expected(), "ids_remove"));
    inputs.putAll(expected.all("input."));
    return new DecoderFixture(network, weights.build(), inputs, expected);
  }

  /** The inputs that a function takes. */
  public Map<String, Dense> inputs(Graph function) {
    Map<String, Dense> taken = new LinkedHashMap<>();
    function.inputs().stream()
        .map(input -> ((Op.Input) input.op()).name())
        .forEach(name -> taken.put(name, inputs.getOrDefault(name, Dense.zeros(0))));
    return taken;
  }

  /** The parameters for an interpreter. */
  public Map<String, Dense> parameters() {
    return new Fixture(expected.path(), weights).all("");
  }
}
