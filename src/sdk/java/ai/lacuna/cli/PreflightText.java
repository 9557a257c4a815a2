package ai.lacuna.cli;

import ai.lacuna.monitor.Preflight;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.report.Html;
import ai.lacuna.text.Counted;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.VitConfig;
import java.io.PrintStream;
import java.util.Locale;

/** Prints a {@link Preflight}. */
final class PreflightText {
  private static final double MIB = 1 << 20;
  private static final double MEGA = 1e6;
  private static final double NANOS = 1e9;

  private PreflightText() {}

  private static void line(PrintStream out, String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }

  static void print(PrintStream out, PretrainConfig config, Preflight flight) {
    PretrainConfig.Recipe recipe = config.recipe();
    VitConfig vit = config.vit();
    line(
        out,
        "input       %d × %d × %d, patches of %d × %d",
        vit.imageHeight(),
        vit.imageWidth(),
        vit.channels(),
        vit.patchSize(),
        vit.patchSize());
    line(
        out,
        "network     %,d parameters of the encoder, %,d of the decoder",
        flight.encoderParameters(),
        flight.decoderParameters());
    line(
        out,
        "tokens      %d of %d patches are visible: the encoder sees %d tokens, the decoder %d",
        flight.visible(),
        flight.patches(),
        flight.visible() + 1,
        config.decoder().kind() == DecoderConfig.Kind.CROSS
            ? flight.patches() - flight.visible()
            : flight.patches() + 1);
    line(
        out,
        "operations  %,.1f MFLOPs an image forward (encoder %,.1f, decoder %,.1f), %,.1f to train",
        flight.flops().forward() / MEGA,
        flight.flops().encoder() / MEGA,
        flight.flops().decoder() / MEGA,
        flight.flops().training() / MEGA);
    line(
        out,
        "memory      about %,.0f MiB: weights, gradients and moments %,.0f, activations %,.0f",
        (flight.stateBytes() + flight.activationBytes()) / MIB,
        flight.stateBytes() / MIB,
        flight.activationBytes() / MIB);
    line(
        out,
        "rate        %s at its peak, %s · %d / 256, after %d of %s of warm-up",
        Html.decimal(flight.peakRate()),
        Html.decimal(recipe.baseLearningRate()),
        recipe.batchSize(),
        recipe.warmupEpochs(),
        Counted.of(recipe.epochs(), "epoch"));
    line(
        out,
        "time        about %s: %s of %.2f s (%,.0f images/s), without validation",
        ProgressBar.seconds((long) (NANOS * flight.seconds())),
        Counted.of(flight.steps(), "step"),
        flight.secondsPerStep(),
        recipe.batchSize() / flight.secondsPerStep());
    line(
        out,
        "loss        %.3f at the first step; a constant prediction of %s has a squared error of"
            + " %.4f",
        flight.firstLoss(),
        config.objective().normPixLoss() ? "normalised patches" : "normalised pixels",
        flight.constantLoss());
  }
}
