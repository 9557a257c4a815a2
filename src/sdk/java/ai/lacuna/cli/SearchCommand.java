package ai.lacuna.cli;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.engine.Devices;
import ai.lacuna.search.ImageIndex;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.Options;

/** {@code lacuna search}: which images are most like a given one. */
final class SearchCommand implements Command {

  @Override
  public String name() {
    return "search";
  }

  @Override
  public String summary() {
    return "find the images that are most like a given one";
  }

  @Override
  public String usage() {
    return "--encoder NAME --data DATA [options] IMAGE...";
  }

  @Override
  public String details() {
    return """
        Compares the embeddings of an encoder (class token and mean of the patch
        tokens) by cosine. DATA is as for 'lacuna pretrain'. With --index the
        embeddings of DATA are kept in FILE, and read from there the next time.

          lacuna search --encoder vit_micro_patch4_28.mae_fashion_mnist \\
              --data photos --index photos.safetensors shirt.png
        """;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.value("encoder", "NAME", "the encoder"))
        .addOption(Encoders.imageSize())
        .addOption(Arguments.value("data", "DATA", "the images to search"))
        .addOption(Arguments.value("index", "FILE", "keep the embeddings there"))
        .addOption(Arguments.value("top", "K", "images shown for each one given (5)"))
        .addOption(Arguments.value("device", "NAME", "cpu, cuda, cuda:N or auto (auto)"));
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    int top = arguments.integer("top", 5, 1);
    if (arguments.positional().isEmpty()) {
      throw new UsageException("search: expected image files after the options, found none");
    }
    List<Path> files = arguments.positional().stream().map(Arguments::existing).toList();
    try (Encoder encoder =
        Encoders.load(arguments, Devices.parse(arguments.text("device", "auto")), terminal)) {
      // First, so that a bad file is named before the images of the index are embedded.
      List<float[]> wanted = new ArrayList<>();
      for (Path file : files) {
        wanted.add(encoder.embed(Pixels.read(file)));
      }
      ImageIndex index = index(arguments, terminal, encoder);
      for (int i = 0; i < files.size(); i++) {
        terminal.line("%s", files.get(i));
        for (ImageIndex.Hit hit : index.nearest(wanted.get(i), top)) {
          terminal.line("  %.4f  %s", hit.cosine(), hit.name());
        }
      }
    }
    return 0;
  }

  private static ImageIndex index(Arguments arguments, Terminal terminal, Encoder encoder)
      throws IOException {
    Path file = arguments.path("index", "");
    if (arguments.has("index") && Files.exists(file)) {
      ImageIndex index = ImageIndex.load(file);
      index.requireMadeBy(encoder);
      if (arguments.has("data")) {
        terminal
            .err()
            .printf(
                Locale.ROOT,
                "  %s: %,d images that were embedded before; remove it to embed those of %s anew%n",
                file,
                index.size(),
                arguments.require("data"));
      }
      return index;
    }
    ImageDataset images = ImageDataset.open(arguments.require("data"));
    ImageIndex index;
    try (ProgressBar bar = terminal.progress("embedding", images.size())) {
      index = ImageIndex.build(encoder, images, bar::update);
    }
    if (arguments.has("index")) {
      index.save(file);
    }
    return index;
  }
}
