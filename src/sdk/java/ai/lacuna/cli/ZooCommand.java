package ai.lacuna.cli;

import ai.lacuna.data.FashionMnist;
import ai.lacuna.files.FileReplacement;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.instruments.Flops;
import ai.lacuna.text.NearMatches;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.zoo.FineTunedPublication;
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

/** {@code lacuna zoo}: the pretrained encoders, their files on this machine, their publishing. */
final class ZooCommand implements Command {
  private static final double MEGA = 1e6;
  private static final List<String> VERBS =
      List.of("list", "show", "pull", "verify", "remove", "path", "publish", "record", "cards");

  @Override
  public String name() {
    return "zoo";
  }

  @Override
  public String summary() {
    return "list, show, fetch or publish pretrained encoders";
  }

  @Override
  public String usage() {
    return """
        list [PATTERN] | show NAME | pull NAME | verify [NAME] |
                          remove NAME | path [NAME] | publish NAME --run DIR |
                          record NAME --runs DIR | import --from FILE | cards""";
  }

  @Override
  public String details() {
    return """
        PATTERN and NAME may hold * and ?. LACUNA_ZOO or --zoo names a zoo of your own,
        a folder or its address on a web server, searched before the bundled zoo.

          lacuna zoo list 'vit_micro*'
          lacuna zoo pull vit_base_patch16_224.mae --accept-license

        pull fetches files that are on a server to LACUNA_CACHE (~/.cache/lacuna);
        verify compares all that is here with the index, remove deletes what was
        fetched, path says where weights are, and fetches them first if need be.
        LACUNA_OFFLINE=1 forbids connections, LACUNA_ACCEPT_LICENSE names accepted
        licences, LACUNA_ZOO_TOKEN is a token for your zoo's server, which alone gets
        it, over https. Proxies are HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or those of
        the JVM's settings.

        publish packs a run of pretrain or finetune, or what 'import --out' wrote, into
        the zoo's folder, with a card; NAME/about.json describes it, a draft of which is
        made. cards renews the index and the model cards, and draws reconstructions.
        record keeps the accuracy, mean and spread over seeds, of the fine-tuning runs
        in DIR that were judged with --test; runs that differ in their seed alone go
        together. import is the command 'lacuna import'.
        """;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.value("run", "DIR", "publish: a run, or what 'import --out' wrote"))
        .addOption(Arguments.flag("float16", "publish: weights in 16 bits, half as large"))
        .addOption(Arguments.value("runs", "DIR", "record: the folder of fine-tuning runs"))
        .addOption(Arguments.flag("accept-license", "pull: the licence is read and accepted"))
        .addOption(Arguments.flag("decoder", "pull: fetch the decoder's weights too"))
        .addOption(
            Arguments.value(
                Encoders.IMAGE_SIZE, "N|HxW", "show: what images of that size take to compute"))
        .addOption(Arguments.flag("offline", "ask no server (LACUNA_OFFLINE=1)"))
        .addOption(Arguments.value("data", "DATA", "cards: draw reconstructions of its images"))
        .addOption(Arguments.value("readme", "FILE", "cards: renew the tables of studies there"))
        .addOption(
            Arguments.value("zoo", "DIR", "a zoo's folder or address (LACUNA_ZOO); to write: zoo"))
        .addOption(
            Arguments.value("cards", "DIR", "publish, cards: the cards' folder (model-cards)"));
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    List<String> words = arguments.positional();
    String verb = words.isEmpty() ? "list" : words.get(0);
    String name = words.size() == 2 ? words.get(1) : "";
    if (verb.equals("list") && words.size() <= 2) {
      Zoo zoo = Zoo.open(ZooFiles.settings(arguments, terminal));
      terminal.out().print(ZooTable.list(zoo.list(name.isEmpty() ? "*" : name)));
    } else if (verb.equals("show") && words.size() == 2) {
      ZooEntry entry = Zoo.open(ZooFiles.settings(arguments, terminal)).require(name);
      show(arguments, entry, terminal);
    } else if (verb.equals("pull") && words.size() == 2) {
      ZooFiles.pull(arguments, name, terminal);
    } else if (verb.equals("verify") && words.size() <= 2) {
      ZooFiles.verify(arguments, name.isEmpty() ? "*" : name, terminal);
    } else if (verb.equals("remove") && words.size() == 2) {
      ZooFiles.remove(arguments, name, terminal);
    } else if (verb.equals("path") && words.size() <= 2) {
      ZooFiles.path(arguments, name, terminal);
    } else if (verb.equals("publish") && words.size() == 2) {
      Path run = Arguments.existing(arguments.require("run"));
      Path zoo = arguments.path("zoo", "zoo");
      boolean half = arguments.has("float16");
      if (FineTuned.isRun(run)) {
        FineTunedPublication tuned = FineTunedPublication.ofRun(words.get(1), run);
        ZooPublisher.publish(zoo, half ? tuned.inFloat16() : tuned);
      } else {
        Publication pretrained = Publication.ofRun(words.get(1), run);
        ZooPublisher.publish(zoo, half ? pretrained.inFloat16() : pretrained);
      }
      cards(arguments, zoo, terminal);
    } else if (verb.equals("record") && words.size() == 2) {
      record(arguments, words.get(1), terminal);
    } else if (verb.equals("cards") && words.size() == 1) {
      Path zoo = folder(arguments);
      ZooPublisher.reindex(zoo);
      draw(arguments, zoo, terminal);
      cards(arguments, zoo, terminal);
    } else {
      throw unknown(verb, words.size() - 1);
    }
    return 0;
  }

  private static UsageException unknown(String verb, int names) {
    if (VERBS.contains(verb)) {
      String expected =
          switch (verb) {
            case "cards" -> "no name";
            case "list", "verify", "path" -> "one name at most";
            default -> "one name";
          };
      return new UsageException(
          "zoo %s: expected %s, found %d; 'lacuna zoo --help' shows examples"
              .formatted(verb, expected, names));
    }
    String near = NearMatches.question(verb, VERBS);
    return new UsageException(
        "zoo: expected one of %s, found %s; %s"
            .formatted(
                String.join(", ", VERBS),
                verb,
                near.isEmpty() ? "'lacuna zoo --help' shows examples" : near));
  }

  /** The folder of a zoo that is to be changed. */
  private static Path folder(Arguments arguments) {
    Path zoo = arguments.path("zoo", "zoo");
    if (!Files.isDirectory(zoo)) {
      throw new UsageException(
          zoo + ": expected the folder of a zoo, found none; name it by --zoo DIR");
    }
    return zoo;
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
    Path zoo = folder(arguments);
    Path runs = Arguments.existing(arguments.require("runs"));
    String digest = Zoo.at(zoo).require(name).weights().sha256();
    ZooStudies.record(zoo, name, digest, RunStudies.read(runs, digest));
    terminal.out().print(StudyTable.of(Zoo.at(zoo).require(name).studies()));
    terminal.line("recorded in %s; 'lacuna zoo cards' renews its model card", zoo);
  }

  /** Draws entries that have no picture, or all again on images that are given. */
  private static void draw(Arguments arguments, Path zoo, Terminal terminal) throws IOException {
    for (ZooEntry entry : Zoo.at(zoo).list()) {
      boolean drawable =
          !entry.isRemote()
              && entry.hasRecipe()
              && entry.listing().file("decoder.safetensors").isPresent();
      boolean known = entry.listing().about().trainingData().name().equals(FashionMnist.NAME);
      boolean wanted = arguments.has("data") || (known && entry.picture().isEmpty());
      if (drawable && wanted) {
        String data = arguments.text("data", FashionMnist.SAMPLE_NAME);
        ZooPublisher.picture(zoo, entry.name(), EntryPicture.draw(entry, data));
        terminal.line("%s: reconstructions drawn of %s", entry.name(), data);
      }
    }
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
