package ai.lacuna.cli;

import ai.lacuna.graph.Precision;
import ai.lacuna.train.Numerics;
import org.apache.commons.cli.Options;

/** The options of {@code lacuna pretrain} for types, memory and guards of the arithmetic. */
final class NumericsOptions {
  private NumericsOptions() {}

  static void addTo(Options options) {
    options
        .addOption(
            Arguments.value(
                "precision",
                "TYPE",
                "of matrix products: float32, bfloat16 (faster where the machine has it) or float16"
                    + " (float32)"))
        .addOption(
            Arguments.value(
                "accumulate",
                "N",
                "compute each batch in N parts: the same step in less memory (1)"))
        .addOption(
            Arguments.value("clip-norm", "G", "greatest norm of the gradient; 0 for no limit (0)"))
        .addOption(
            Arguments.flag(
                "checkpoint-activations",
                "compute activations again in the backward pass: less memory, a third more time"))
        .addOption(
            Arguments.value(
                "on-nan",
                "WHAT",
                "after a loss or gradient that is not finite: fail, or rollback to the last"
                    + " checkpoint, with half the learning rate and without the batch (fail)"));
  }

  static Numerics read(Arguments arguments) {
    return new Numerics(
        arguments.choice("precision", Precision.FLOAT32),
        arguments.integer("accumulate", 1, 1),
        arguments.number("clip-norm", 0, 0, Double.MAX_VALUE),
        arguments.has("checkpoint-activations"),
        arguments.choice("on-nan", Numerics.OnNonFinite.FAIL));
  }
}
