package ai.lacuna.vit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Precision;
import ai.lacuna.graph.Program;
import ai.lacuna.loss.LossSum;
import ai.lacuna.masking.Mask;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.NaiveInterpreter;
import ai.lacuna.oracle.RemovedIds;
import ai.lacuna.oracle.TorchRun;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Trainee;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.DecoderConfig.Kind;
import ai.lacuna.vit.DecoderConfig.MaskToken;
import ai.lacuna.vit.DecoderConfig.Positions;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The loss that asks for the removed patches alone is that of the published network. */
class LossDecoderTest {
  private static final int BATCH = 3;
  private static final int KEEP = 2;

  /** Double precision, sums in another order. */
  private static final double EXACT = 1e-12;

  /** The same in float32, relative to a gradient's largest element; seen: at most 3e-6. */
  private static final double ROUNDING = 2e-5;

  /** How far gradients in bfloat16 may be from float32's, over how far the published form's are. */
  private static final double BFLOAT16 = 1.5;

  /** A network, and whether gradients are computed with few activations. */
  record Variant(MaskedAutoencoder network, boolean checkpointed) {
    @Override
    public String toString() {
      DecoderConfig d = network.decoder();
      return "%s %s %s depth %d %s%s%s"
          .formatted(
              d.kind(),
              d.maskToken(),
              d.positions(),
              d.depth(),
              network.objective().loss().text(),
              network.objective().normPixLoss() ? " normalised" : "",
              checkpointed ? " checkpointed" : "");
    }
  }

  static List<Variant> variants() {
    List<Variant> variants = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      for (MaskToken token : MaskToken.values()) {
        for (Positions positions : Positions.values()) {
          for (int depth = 1; depth <= (kind == Kind.FULL ? 3 : 1); depth++) {
            // Losses and targets take turns: they meet every decoder, not every combination.
            boolean odd = variants.size() % 2 == 1;
            String loss = odd ? "mse" : "l1 + 0.5*charbonnier:0.1 + 0.1*frequency";
            variants.add(variant(kind, token, positions, depth, loss, odd));
          }
        }
      }
    }
    variants.add(weighted(false));
    variants.add(weighted(true));
    return variants;
  }

  private static Variant weighted(boolean checkpointed) {
    MaskedAutoencoder cross =
        variant(Kind.CROSS, MaskToken.LEARNED, Positions.SEPARATE, 2, "mse", true).network();
    return new Variant(
        new MaskedAutoencoder(
            cross.encoder(),
            cross.decoder().with(DecoderConfig.Context.WEIGHTED),
            cross.keep(),
            cross.objective()),
        checkpointed);
  }

  private static Variant variant(
      Kind kind, MaskToken token, Positions positions, int depth, String loss, boolean normalised) {
    VitConfig vit =
        new VitConfig(
            8,
            12,
            1,
            4,
            16,
            1,
            2,
            4,
            positions == Positions.SHARED
                ? VitConfig.Positions.LEARNED
                : VitConfig.Positions.SIN_COS);
    DecoderConfig decoder =
        new DecoderConfig(8, depth, 2, 4).with(kind).with(token).with(positions);
    return new Variant(
        new MaskedAutoencoder(
            new VisionTransformer(vit, new Normalization(List.of(0.5), List.of(0.25))),
            decoder,
            KEEP,
            new Objective(normalised, LossSum.parse(loss))),
        depth == 3);
  }

  private static Map<String, Dense> inputs(VitConfig vit) {
    Random random = new Random(5);
    List<Mask> masks =
        IntStream.range(0, BATCH)
            .mapToObj(i -> new RandomMask(vit.numPatches(), KEEP).sample(1, 0, i))
            .toList();
    int n = vit.numPatches();
    Map<String, Dense> inputs = new LinkedHashMap<>();
    inputs.put(
        "images",
        Dense.filled(
            i -> random.nextInt(256), BATCH, vit.imageHeight(), vit.imageWidth(), vit.channels()));
    inputs.put("ids_keep", Dense.filled(i -> masks.get(i[0]).idKeep(i[1]), BATCH, KEEP));
    inputs.put("ids_restore", Dense.filled(i -> masks.get(i[0]).idRestore(i[1]), BATCH, n));
    inputs.put("mask", Dense.filled(i -> masks.get(i[0]).removed(i[1]) ? 1 : 0, BATCH, n));
    inputs.put("ids_remove", RemovedIds.of(masks));
    return inputs;
  }

  /** Far from the initial values, where every bias is 0 and every norm the identity. */
  private static NamedTensors weights(Program program) {
    NamedTensors initial = Weights.initial(program, 3);
    NamedTensors.Builder weights = NamedTensors.builder();
    Random random = new Random(4);
    for (NamedTensors.Entry entry : initial) {
      float[] values = entry.tensor().toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] += (float) (0.2 * random.nextGaussian());
      }
      weights.add(entry.name(), Tensor.of(values, entry.tensor().shape()));
    }
    return weights.build();
  }

  private static Map<String, Dense> dense(NamedTensors weights) {
    Map<String, Dense> all = new LinkedHashMap<>();
    weights.forEach(
        entry ->
            all.put(
                entry.name(),
                Dense.of(
                    entry.tensor().toFloats(),
                    Arrays.stream(entry.tensor().shape()).mapToInt(Math::toIntExact).toArray())));
    return all;
  }

  @ParameterizedTest
  @MethodSource("variants")
  void lossIsThePublishedOne(Variant variant) {
    MaskedAutoencoder network = variant.network();
    Map<String, Dense> inputs = inputs(network.encoder().config());
    Map<String, Dense> weights = dense(weights(network.program()));
    double expected = loss(NaiveInterpreter.run(network.forward(), inputs, weights));
    double found = loss(NaiveInterpreter.run(network.lossFunction(), inputs, weights));
    assertEquals(expected, found, EXACT * expected);
  }

  private static double loss(Map<String, Dense> outputs) {
    return outputs.getOrDefault("loss", Dense.zeros()).values()[0];
  }

  @ParameterizedTest
  @MethodSource("variants")
  void gradientsAreThePublishedOnes(Variant variant) {
    MaskedAutoencoder network = variant.network();
    Numerics numerics = Numerics.plain().withCheckpointActivations(variant.checkpointed());
    Map<String, Dense> expected = gradients(network, network.forward(), Numerics.plain());
    Map<String, Dense> found = gradients(network, network.lossFunction(), numerics);
    expected.forEach(
        (name, gradient) -> {
          double largest = largest(gradient);
          Dense other = found.getOrDefault(name, Dense.zeros());
          for (int i = 0; i < gradient.values().length; i++) {
            assertEquals(
                gradient.values()[i], other.values()[i], ROUNDING * (1e-3 + largest), name);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("variants")
  void bfloat16StaysNear(Variant variant) {
    MaskedAutoencoder network = variant.network();
    Numerics low = Numerics.plain().withPrecision(Precision.BFLOAT16);
    Map<String, Dense> expected = gradients(network, network.forward(), Numerics.plain());
    double published = distance(expected, gradients(network, network.forward(), low));
    double found = distance(expected, gradients(network, network.lossFunction(), low));
    assertTrue(found < BFLOAT16 * published, found + ", in the published form " + published);
  }

  /** ‖a − b‖ / ‖a‖ over all gradients. */
  private static double distance(Map<String, Dense> a, Map<String, Dense> b) {
    double difference = 0;
    double norm = 0;
    for (Map.Entry<String, Dense> entry : a.entrySet()) {
      double[] x = entry.getValue().values();
      double[] y = b.getOrDefault(entry.getKey(), Dense.zeros()).values();
      for (int i = 0; i < x.length; i++) {
        difference += (x[i] - y[i]) * (x[i] - y[i]);
        norm += x[i] * x[i];
      }
    }
    return Math.sqrt(difference / norm);
  }

  private static double largest(Dense dense) {
    return Arrays.stream(dense.values()).map(Math::abs).max().orElse(0);
  }

  /** Of every trained parameter, by name. */
  private static Map<String, Dense> gradients(
      MaskedAutoencoder network, Graph function, Numerics numerics) {
    // With both functions, so that a parameter of one alone has no gradient in the other.
    Program program = Program.of(network.lossFunction(), network.forward());
    try (Trainee trainee =
            new Trainee(
                program,
                weights(network.program()),
                AdamW.pretraining(),
                numerics,
                List.of(Device.cpu()));
        NDManager manager = trainee.newManager()) {
      trainee.accumulate(
          function.name(),
          TorchRun.arguments(manager, function, inputs(network.encoder().config())));
      Map<String, Dense> gradients = new LinkedHashMap<>();
      for (Parameter parameter : program.parameters()) {
        if (parameter.trainable()) {
          int[] shape = parameter.shape().dims().stream().mapToInt(Math::toIntExact).toArray();
          gradients.put(parameter.name(), Dense.of(trainee.gradient(parameter.name()), shape));
        }
      }
      return gradients;
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void parametersAreThePublishedOnes(Variant variant) {
    MaskedAutoencoder network = variant.network();
    Set<String> published = names(network.forward());
    if (network.decoder().context() == DecoderConfig.Context.WEIGHTED) {
      // Of the latent, which is no part of the loss.
      published.removeAll(Set.of("norm.weight", "norm.bias"));
    }
    assertEquals(published, names(network.lossFunction()));
    assertTrue(
        network.lossFunction().values().stream().anyMatch(v -> v.op() instanceof Op.Embedding));
  }

  private static Set<String> names(Graph function) {
    return function.parameters().stream()
        .map(Parameter::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
