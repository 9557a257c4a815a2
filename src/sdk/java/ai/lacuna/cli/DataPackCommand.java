package ai.lacuna.cli;

import ai.lacuna.data.Packing;
import ai.lacuna.data.ShardPacker;
import ai.lacuna.text.Counted;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.Options;

/** {@code lacuna data pack}: writes any data as WebDataset shards. */
final class DataPackCommand implements Command {
  private static final long MEGABYTE = 1_000_000;

  @Override
  public String name() {
    return "pack";
  }

  @Override
  public String summary() {
    return "pack images into shards";
  }

  @Override
  public String usage() {
    return "--data DATA --out DIR [options]";
  }

  @Override
  public String details() {
    return """
        pack writes DATA, whatever 'lacuna pretrain' takes, as WebDataset tar shards
        into a new folder, with labels in .cls files and their names in classes.json.
        Image files go in as they are, unless they are shrunk or --quality is given;
        pixels become PNG, with --quality JPEG.
        Nothing is overwritten, and nothing appears before all is written.

          lacuna data pack --data photos --out packed --resize 256 --quality 90
        """;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.value("data", "DATA", "the images"))
        .addOption(Arguments.value("out", "DIR", "pack: a new folder for the shards"))
        .addOption(Arguments.value("shard-size", "N", "pack: most images of a shard (10000)"))
        .addOption(Arguments.value("shard-mb", "MB", "pack: most megabytes of a shard (1000)"))
        .addOption(
            Arguments.value("resize", "N", "pack: shrink the shorter side to N pixels, bicubic"))
        .addOption(Arguments.value("quality", "Q", "pack: write JPEG of quality 1 to 100, not PNG"))
        .addOption(Arguments.flag("no-labels", "pack: leave labels out"))
        .addOption(
            Arguments.value("max-corrupt", "SHARE", "pack: damaged images to leave out (0)"));
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    Path out = Arguments.path(arguments.require("out"));
    Packing packing =
        Packing.asIs()
            .withShards(
                arguments.integer("shard-size", 10_000, 1),
                arguments.integer("shard-mb", 1000, 1) * MEGABYTE)
            .withSide(arguments.integer("resize", 0, 1))
            .withQuality(arguments.integer("quality", 0, 1))
            .withMaxCorrupt(arguments.number("max-corrupt", 0, 0, 1));
    if (arguments.has("no-labels")) {
      packing = packing.withoutLabels();
    }
    List<ShardPacker.Packed> parts;
    try (Stages stages = new Stages(terminal)) {
      parts = ShardPacker.pack(arguments.require("data"), out, packing, stages::update);
    }
    for (ShardPacker.Packed part : parts) {
      terminal.line(
          "%-6s %s, %s, %.1f MB%s",
          part.name(),
          Counted.of(part.images(), "image"),
          Counted.of(part.shards(), "shard"),
          part.bytes() / (double) MEGABYTE,
          part.skipped() == 0 ? "" : "; %d damaged left out".formatted(part.skipped()));
    }
    terminal.line("packed: %s", out);
    return 0;
  }
}
