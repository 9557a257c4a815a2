package ai.lacuna.cli;

import ai.lacuna.vit.DecoderConfig;
import org.apache.commons.cli.Options;

/** The options of {@code lacuna pretrain} that shape the decoder. */
final class DecoderOptions {
  private DecoderOptions() {}

  static void addTo(Options options) {
    options
        .addOption(Arguments.value("decoder-width", "N", "width of the decoder (the model's)"))
        .addOption(Arguments.value("decoder-depth", "N", "blocks of the decoder (the model's)"))
        .addOption(Arguments.value("decoder-heads", "N", "heads of the decoder (the model's)"))
        .addOption(
            Arguments.value(
                "decoder-kind",
                "KIND",
                "full: all tokens, as MAE; cross: removed patches look at the visible ones, as"
                    + " CrossMAE, cheaper (full)"))
        .addOption(
            Arguments.value(
                "decoder-context",
                "KIND",
                "of --decoder-kind cross: last: the encoder's result; weighted: in each block its"
                    + " own learned sum over the encoder's blocks (last)"))
        .addOption(
            Arguments.value(
                "decoder-positions",
                "KIND",
                "separate: a table of its own; shared: the encoder's, projected (separate)"))
        .addOption(
            Arguments.value(
                "mask-token",
                "KIND",
                "for removed patches: learned, gaussian (fixed noise) or mean (of the visible"
                    + " tokens) (learned)"));
  }

  /**
   * The decoder that was asked for.
   *
   * @param model what holds where nothing was said
   */
  static DecoderConfig read(Arguments arguments, DecoderConfig model) {
    DecoderConfig.Kind kind = arguments.choice("decoder-kind", model.kind());
    DecoderConfig.Context context = arguments.choice("decoder-context", model.context());
    if (context == DecoderConfig.Context.WEIGHTED && kind != DecoderConfig.Kind.CROSS) {
      throw new UsageException(
          "--decoder-context: expected --decoder-kind cross beside weighted, found full");
    }
    return new DecoderConfig(
        arguments.integer("decoder-width", model.embedDim(), 1),
        arguments.integer("decoder-depth", model.depth(), 1),
        arguments.integer("decoder-heads", model.numHeads(), 1),
        model.mlpRatio(),
        kind,
        arguments.choice("mask-token", model.maskToken()),
        arguments.choice("decoder-positions", model.positions()),
        context);
  }
}
