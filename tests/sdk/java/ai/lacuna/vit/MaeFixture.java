package ai.lacuna.vit;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.oracle.RemovedIds;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A small masked autoencoder and what the ViTMAE of Python's transformers makes of it; see {@code
 * tests/fixtures/mae/make_mae_fixture.py}.
 *
 * @param network the same network here
 * @param weights its parameters
 * @param expected inputs and results
 */
record MaeFixture(MaskedAutoencoder network, Fixture weights, Fixture expected) {

  static MaeFixture read(String name, boolean normPixLoss) {
    VitConfig vit =
        switch (name) {
          case "rgb-wide" -> new VitConfig(8, 32, 3, 4, 16, 2, 2, 4, VitConfig.Positions.SIN_COS);
          case "grey-square" ->
              new VitConfig(12, 12, 1, 3, 20, 2, 5, 4, VitConfig.Positions.SIN_COS);
          default -> throw new IllegalArgumentException("no fixture " + name);
        };
    DecoderConfig decoder =
        name.equals("rgb-wide") ? new DecoderConfig(12, 2, 3, 4) : new DecoderConfig(16, 1, 2, 4);
    Fixture expected = Fixture.read("mae/" + name + ".expected");
    int keep = expected.dense("input.ids_keep").dim(1);
    VisionTransformer encoder = new VisionTransformer(vit, normalization(expected));
    return new MaeFixture(
        new MaskedAutoencoder(encoder, decoder, keep, new Objective(normPixLoss)),
        Fixture.read("mae/" + name + ".weights"),
        expected);
  }

  static Normalization normalization(Fixture expected) {
    return new Normalization(
        boxed(expected.dense("input.mean")), boxed(expected.dense("input.std")));
  }

  private static List<Double> boxed(Dense dense) {
    return Arrays.stream(dense.values()).boxed().toList();
  }

  /** The inputs of a function of the network. */
  static Map<String, Dense> inputs(Fixture expected, Graph function) {
    Map<String, Dense> inputs = new LinkedHashMap<>();
    function.inputs().stream()
        .map(input -> ((Op.Input) input.op()).name())
        .forEach(name -> inputs.put(name, input(expected, name)));
    return inputs;
  }

  /** An input; the removed patches follow from the others. */
  static Dense input(Fixture expected, String name) {
    return name.equals("ids_remove")
        ? RemovedIds.of(
            expected.dense("input.ids_restore"), expected.dense("input.ids_keep").dim(1))
        : expected.dense("input." + name);
  }

  Map<String, Dense> inputs(Graph function) {
    return inputs(expected, function);
  }

  /** {@code norm} or {@code raw}: the suffix of what depends on the kind of target. */
  String kind() {
    return network.objective().normPixLoss() ? "norm" : "raw";
  }
}
