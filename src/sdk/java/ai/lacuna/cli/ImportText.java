package ai.lacuna.cli;

import ai.lacuna.foreign.ForeignNetwork;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.text.Counted;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.vit.VitConfig;
import java.util.Locale;

/** What was recognised in a foreign file, for a terminal. */
final class ImportText {
  private ImportText() {}

  /** Lines that end with a newline. */
  static String of(ForeignNetwork network) {
    VitConfig vit = network.vit();
    StringBuilder text = new StringBuilder();
    text.append("%s: names of %s\n".formatted(network.file(), network.layout().title()));
    row(
        text,
        "encoder",
        "ViT, %d x %d x %d pixels, patches of %d, width %d, %s, %s, MLP %d"
            .formatted(
                vit.imageHeight(),
                vit.imageWidth(),
                vit.channels(),
                vit.patchSize(),
                vit.embedDim(),
                Counted.of(vit.depth(), "block"),
                Counted.of(vit.numHeads(), "head"),
                vit.mlpDim()));
    row(
        text,
        "",
        String.format(
            Locale.ROOT,
            "%,d numbers, %s positions, LayerNorm epsilon %.0e",
            network.encoder().numel(),
            vit.positions() == VitConfig.Positions.SIN_COS ? "fixed sine-cosine" : "learned",
            vit.layerNormEpsilon()));
    row(
        text,
        "decoder",
        network
            .decoder()
            .map(ForeignNetwork.Decoder::config)
            .map(
                d ->
                    "width %d, %s, %s"
                        .formatted(
                            d.embedDim(),
                            Counted.of(d.depth(), "block"),
                            Counted.of(d.numHeads(), "head")))
            .orElse("none"));
    row(
        text,
        "head",
        network
            .head()
            .map(ForeignNetwork.Head::config)
            .map(
                h ->
                    "%d outputs of the %s"
                        .formatted(
                            h.outputs(),
                            h.pooling() == HeadConfig.Pooling.CLS
                                ? "class token"
                                : "mean of patch tokens"))
            .orElse("none"));
    Preprocessing p = network.preprocessing();
    row(
        text,
        "images",
        String.format(
            Locale.ROOT,
            "%s, %s, mean %s, std %s",
            p.interpolation().name().toLowerCase(Locale.ROOT),
            p.fit() == Preprocessing.Fit.SQUEEZE
                ? "squeezed whole"
                : "the middle " + p.cropFraction() + " of a side",
            p.mean(),
            p.std()));
    network.notes().forEach(note -> text.append("  - ").append(note).append('\n'));
    return text.toString();
  }

  private static void row(StringBuilder text, String name, String value) {
    text.append("  %-8s %s\n".formatted(name, value));
  }
}
