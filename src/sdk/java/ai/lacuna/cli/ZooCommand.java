package ai.lacuna.cli;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.instruments.Flops;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.zoo.ModelCard;
import ai.lacuna.zoo.Publication;
import ai.lacuna.zoo.StudyTable;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooEntry;
import ai.lacuna.zoo.ZooPublisher;
import ai.lacuna.zoo.ZooStudies;
import ai.lacuna.zoo.ZooTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.Options;

/** {@code lacuna zoo list|show|publish|record|cards}: the pretrained encoders. */
final class ZooCommand implements Command {
  private static final double MEGA = 1e6;

  @Override
  public String name() {
    return "zoo";
  }

  @Override
  public String summary() {
    return "list, show or publish pretrained encoders";
  }

  @Override
  public String usage() {
    return "list [PATTERN] | show NAME | publish NAME --run DIR |\n"
        + "                  record NAME --runs DIR | import --from FILE | cards";
  }

  @Override
  public String details() {
    return """
        PATTERN may hold * and ?. LACUNA_ZOO names a folder of your own encoders,
        which is searched before the bundled zoo.

          lacuna zoo list 'vit_micro*'

        publish packs the run in DIR into the zoo's folder, whose NAME/about.json
        describes it; cards renews the index and the model cards. record keeps the
        accuracy, mean and spread over seeds, of the fine-tuning runs in DIR that were
        judged with --test; runs that differ in their seed alone go together. import is
        the command 'lacuna import'.
        """;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Encoders.imageSize())
        .addOption(Arguments.value("run", "DIR", "publish: the directory of the pretraining run"))
        .addOption(Arguments.value("runs", "DIR", "record: the folder of fine-tuning runs"))
        .addOption(Arguments.value("readme", "FILE", "cards: renew the tables of studies there"))
        .addOption(Arguments.value("zoo", "DIR", "publish, record, cards: the zoo's folder (zoo)"))
        .addOption(
            Arguments.value("cards", "DIR", "publish, cards: the cards' folder (model-cards)"));
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    List<String> words = arguments.positional();
    String verb = words.isEmpty() ? "list" : words.get(0);
    if (verb.equals("list") && words.size() <= 2) {
      terminal.out().print(ZooTable.list(Zoo.open().list(words.size() == 2 ? words.get(1) : "*")));
    } else if (verb.equals("show") && words.size() == 2) {
      show(arguments, Zoo.open().require(words.get(1)), terminal);
    } else if (verb.equals("publish") && words.size() == 2) {
      Path run = Arguments.existing(arguments.require("run"));
      Path zoo = arguments.path("zoo", "zoo");
      ZooPublisher.publish(zoo, Publication.ofRun(words.get(1), run));
      cards(arguments, zoo, terminal);
    } else if (verb.equals("record") && words.size() == 2) {
      record(arguments, words.get(1), terminal);
    } else if (verb.equals("cards") && words.size() == 1) {
      Path zoo = Arguments.existing(arguments.text("zoo", "zoo"));
      ZooPublisher.reindex(zoo);
      cards(arguments, zoo, terminal);
    } else {
      throw new UsageException(
          "zoo: expected 'list [PATTERN]' or another verb, found '"
              + String.join(" ", words)
              + "'; 'lacuna zoo --help' shows examples");
    }
    return 0;
  }

  private static void show(Arguments arguments, ZooEntry entry, Terminal terminal) {
    String more = arguments.find(Encoders.IMAGE_SIZE).map(text -> cost(entry, text)).orElse("");
    terminal.out().print(ZooTable.show(entry) + more);
  }

  /** What images of another size take. */
  private static String cost(ZooEntry entry, String text) {
    ImageSize size = ImageSize.parse(Encoders.IMAGE_SIZE, text);
    VitConfig own = entry.config();
    VitConfig other = own.withImage(size.height(), size.width(), own.channels());
    Normalization statistics =
        new Normalization(entry.preprocessing().mean(), entry.preprocessing().std());
    return String.format(
        Locale.ROOT,
        "at %d x %d: %d x %d patches, %.1f MFLOPs for an image, where its own size takes %.1f%n",
        size.height(),
        size.width(),
        other.gridHeight(),
        other.gridWidth(),
        Flops.ofImage(new VisionTransformer(other, statistics).forward()) / MEGA,
        Flops.ofImage(entry.network().forward()) / MEGA);
  }

  private static void record(Arguments arguments, String name, Terminal terminal)
      throws IOException {
    Path zoo = Arguments.existing(arguments.text("zoo", "zoo"));
    Path runs = Arguments.existing(arguments.require("runs"));
    String digest = Zoo.at(zoo).require(name).weights().sha256();
    ZooStudies.record(zoo, name, digest, RunStudies.read(runs, digest));
    terminal.out().print(StudyTable.of(Zoo.at(zoo).require(name).studies()));
    terminal.line("recorded in %s; 'lacuna zoo cards' renews its model card", zoo);
  }

  private static void cards(Arguments arguments, Path zoo, Terminal terminal) throws IOException {
    for (Path card : ModelCard.writeAll(zoo, arguments.path("cards", "model-cards"))) {
      terminal.line("%s", card);
    }
    if (arguments.has("readme")) {
      Path readme = Arguments.existing(arguments.require("readme"));
      String text = Files.readString(readme);
      for (ZooEntry entry : Zoo.at(zoo).list()) {
        text = StudyTable.renew(text, entry);
      }
      FileReplacement.write(readme, text);
      terminal.line("%s", readme);
    }
  }
}
