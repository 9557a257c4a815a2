package ai.lacuna.cli;

import ai.lacuna.files.NewFolder;
import ai.lacuna.finetune.ForeignClassifier;
import ai.lacuna.foreign.ForeignNetwork;
import ai.lacuna.foreign.Layout;
import ai.lacuna.zoo.ForeignPublication;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.commons.cli.Options;

/** {@code lacuna import}: networks of other libraries become zoo entries, or fine-tuned ones. */
final class ImportCommand implements Command {
  private static final String LICENCE_OF_MAE =
      "licence: the public checkpoints of facebookresearch/mae are CC-BY-NC-4.0, which forbids"
          + " commercial use";

  @Override
  public String name() {
    return "import";
  }

  @Override
  public String summary() {
    return "bring a checkpoint of another library into a zoo";
  }

  @Override
  public String usage() {
    return "--from FILE [--name NAME --zoo DIR] [--out DIR]";
  }

  @Override
  public String details() {
    return """
        FILE is a .pth of torch.save or a .safetensors with the names of
        facebookresearch/mae, timm, Hugging Face ViT or ViTMAE, torchvision or lightly.
        Nothing in it is run. Layout and architecture are told from names and shapes;
        every tensor must fit. Without --name and --out it is only looked at. What is
        done to images is read from preprocessor_config.json (Hugging Face) or
        config.json (timm) beside FILE, if it is there, and Hugging Face's attention
        heads from its config.json; options go before them.

          lacuna import --from mae_pretrain_vit_base.pth --name vit_base.mae \\
              --zoo my-zoo --license CC-BY-NC-4.0
          LACUNA_ZOO=my-zoo lacuna probe --encoder vit_base.mae --data DATA

        --out keeps a fine-tuned network with its head, for 'lacuna export --encoder
        DIR' and 'lacuna zoo publish NAME --run DIR'. 'lacuna zoo import' is the same
        command.
        """;
  }

  @Override
  public Options options() {
    Options options =
        new Options()
            .addOption(Arguments.value("from", "FILE", "the checkpoint"))
            .addOption(Arguments.value("name", "NAME", "write a zoo entry of this name"))
            .addOption(Arguments.value("zoo", "DIR", "the zoo's folder ($LACUNA_ZOO)"))
            .addOption(
                Arguments.value(
                    "license", "ID", "licence of the weights, an SPDX identifier, for the entry"))
            .addOption(Arguments.value("out", "DIR", "write the network with its head there"))
            .addOption(
                Arguments.value("classes", "FILE", "names of the head's outputs, one a line"));
    return ImportOptions.addTo(options);
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    arguments.requireNoPositional();
    Path file = Arguments.existing(arguments.require("from"));
    Optional<Path> out = arguments.find("out").map(Arguments::path);
    Optional<Path> zoo = arguments.find("name").map(name -> zoo(arguments));
    if (out.isPresent()) {
      NewFolder.requireFree(out.get());
    }
    ForeignNetwork network = ImportOptions.weights(file, arguments).read();
    terminal.out().print(ImportText.of(network));
    if (network.layout() == Layout.MAE) {
      terminal.line("%s", LICENCE_OF_MAE);
    }
    requireSense(arguments, network);
    if (out.isPresent()) {
      ForeignClassifier.write(out.get(), network, classes(arguments, network));
      terminal.line(
          "written: %s; 'lacuna export --encoder' and 'lacuna zoo publish --run' take it",
          out.get());
    }
    if (zoo.isPresent()) {
      ZooEntry entry =
          new ForeignPublication(
                  arguments.require("name"),
                  network,
                  arguments.require("license"),
                  !arguments.has("no-norm-pix"),
                  "lacuna " + arguments.repeated("import", Set.of("name", "zoo", "out", "classes")))
              .publish(zoo.get());
      terminal.line(
          "written: %s; '%s=%s lacuna zoo show %s' shows it",
          zoo.get().resolve(entry.name()), Zoo.VARIABLE, zoo.get(), entry.name());
    }
    if (out.isEmpty() && zoo.isEmpty()) {
      terminal.line("nothing written; --name and --zoo make a zoo entry");
    }
    return 0;
  }

  /** A folder, which may have to be made. */
  private static Path zoo(Arguments arguments) {
    String variable = Optional.ofNullable(System.getenv(Zoo.VARIABLE)).orElse("");
    String zoo = arguments.text("zoo", variable);
    if (zoo.isBlank() || zoo.contains("://")) {
      throw new UsageException("--zoo: expected a folder for the entry, found none");
    }
    return Arguments.path(zoo);
  }

  private static void requireSense(Arguments arguments, ForeignNetwork network) {
    if (network.head().isEmpty() && arguments.has("out")) {
      throw new UsageException(
          "--out: expected a file with a head, found "
              + (arguments.has("drop-head") ? "--drop-head" : "none")
              + "; --name and --zoo keep the encoder");
    }
    if (!arguments.has("name")) {
      return;
    }
    if (network.head().isPresent() && !arguments.has("out")) {
      throw new UsageException(
          "--name: expected an encoder, found one with a head of "
              + network.head().get().config().outputs()
              + " outputs; keep it with --out DIR, which 'lacuna zoo publish NAME --run DIR' makes"
              + " an entry, or leave it out with --drop-head");
    }
    if (!arguments.has("license")) {
      throw new UsageException(
          "--license: expected the licence of the weights, such as "
              + (network.layout() == Layout.MAE ? "CC-BY-NC-4.0" : "Apache-2.0")
              + ", found none; whoever published the file says it");
    }
  }

  private static List<String> classes(Arguments arguments, ForeignNetwork network)
      throws IOException {
    int outputs = network.head().orElseThrow().config().outputs();
    if (!arguments.has("classes")) {
      return IntStream.range(0, outputs).mapToObj(i -> "class_" + i).toList();
    }
    Path file = Arguments.existing(arguments.require("classes"));
    List<String> names =
        Files.readAllLines(file).stream().map(String::strip).filter(n -> !n.isEmpty()).toList();
    if (names.size() != outputs || names.stream().distinct().count() != outputs) {
      throw new UsageException(
          "%s: expected %d different names, one a line, found %d"
              .formatted(file, outputs, names.stream().distinct().count()));
    }
    return names;
  }
}
