package ai.lacuna.zoo;

import ai.lacuna.serving.Preprocessing;
import ai.lacuna.text.Columns;
import ai.lacuna.text.Counted;
import ai.lacuna.vit.VitConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Zoo entries as plain text for a terminal. */
public final class ZooTable {
  /** Stands for a size that nobody says. */
  static final String UNKNOWN = "?";

  private static final List<String> HEADER =
      List.of("name", "input", "width", "blocks", "parameters", "MB", "here", "first result");

  private ZooTable() {}

  /**
   * A table with a line for each entry.
   *
   * @param entries the entries, in the order of the lines
   * @return lines that end with a newline; a single line if there are no entries
   */
  public static String list(List<ZooEntry> entries) {
    if (entries.isEmpty()) {
      return "no entries\n";
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEADER);
    for (ZooEntry entry : entries) {
      VitConfig vit = entry.config();
      rows.add(
          List.of(
              entry.name(),
              "%sx%sx%s".formatted(vit.imageHeight(), vit.imageWidth(), vit.channels()),
              Integer.toString(vit.embedDim()),
              Integer.toString(vit.depth()),
              String.format(Locale.ROOT, "%,d", entry.listing().parameters()),
              size(entry.listing()),
              entry.isHere() ? "yes" : "-",
              headline(entry.results())));
    }
    return Columns.of(rows);
  }

  /**
   * Everything about an entry.
   *
   * @param entry the entry
   * @return lines that end with a newline
   * @throws ZooException if the entry's files are damaged
   */
  public static String show(ZooEntry entry) {
    VitConfig vit = entry.config();
    About about = entry.listing().about();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("architecture", architecture(vit)));
    if (entry.isFineTuned()) {
      String target = entry.listing().target().name().toLowerCase(Locale.ROOT);
      rows.add(List.of("head", target + "; 'lacuna export' takes it, then 'lacuna predict'"));
    }
    rows.add(
        List.of("parameters", String.format(Locale.ROOT, "%,d", entry.listing().parameters())));
    rows.add(
        List.of("trained on", about.trainingData().title() + ", " + about.trainingData().split()));
    if (entry.hasRecipe()) {
      Training training = entry.training();
      rows.add(
          List.of(
              "trained for",
              Counted.of(training.epochs(), "epoch") + ", " + Durations.of(training.seconds())));
    }
    rows.add(List.of("recipe", about.recipe().command()));
    rows.add(List.of("paper", about.paper()));
    rows.add(
        List.of(
            "licence",
            about.license() + (entry.listing().consent() ? ", to be accepted before use" : "")));
    rows.add(List.of("source", about.source()));
    rows.add(List.of("preprocessing", preprocessing(entry.preprocessing())));
    rows.add(List.of("on this machine", entry.isHere() ? "yes" : "no, is fetched when used"));
    entry.listing().files().forEach(file -> rows.add(List.of(file.path(), known(file))));
    StringBuilder text = new StringBuilder();
    text.append(entry.name()).append('\n').append(about.summary()).append("\n\n");
    text.append(Columns.of(rows)).append('\n');
    for (ZooResult result : entry.results()) {
      text.append(sentence(result)).append('\n');
    }
    return text.toString();
  }

  /** Megabytes; a question mark where a publisher does not say. */
  static String size(ZooListing listing) {
    boolean known = listing.files().stream().allMatch(file -> file.size() >= 0);
    return listing.size() < 1e5 && !known
        ? UNKNOWN
        : String.format(Locale.ROOT, known ? "%.1f" : "%.1f+", listing.size() / 1e6);
  }

  private static String known(ZooListing.ZooFile file) {
    String size =
        file.size() < 0 ? "size unknown" : String.format(Locale.ROOT, "%,d bytes", file.size());
    String digest =
        file.sha256().isEmpty()
            ? "sha256 not published, the first download is trusted"
            : "sha256 " + file.sha256();
    String md5 = file.md5Prefix().isEmpty() ? "" : ", md5 " + file.md5Prefix() + "...";
    return size + ", " + digest + md5 + (file.source().isEmpty() ? "" : ", " + file.source());
  }

  private static String preprocessing(Preprocessing p) {
    return String.format(
        Locale.ROOT,
        "%s resize, %s %.3f, mean %s, std %s",
        p.interpolation().name().toLowerCase(Locale.ROOT),
        p.fit().name().toLowerCase(Locale.ROOT),
        p.cropFraction(),
        p.mean(),
        p.std());
  }

  private static String architecture(VitConfig vit) {
    return "ViT, %s x %s x %s pixels, patches of %s, width %s, %s, %s, MLP %s"
        .formatted(
            vit.imageHeight(),
            vit.imageWidth(),
            vit.channels(),
            vit.patchSize(),
            vit.embedDim(),
            Counted.of(vit.depth(), "block"),
            Counted.of(vit.numHeads(), "head"),
            vit.mlpDim());
  }

  private static String sentence(ZooResult result) {
    Measurement m = result.measurement();
    return String.format(
        Locale.ROOT,
        "%s %s: %.2f %s on %s %s (%s)%s: %s",
        m.task(),
        m.figure().metric(),
        m.figure().value(),
        m.figure().unit(),
        m.data().dataset(),
        m.data().split(),
        m.protocol(),
        result.run().seconds() == 0
            ? ", " + result.run().machine()
            : " in " + Durations.of(result.run().seconds()),
        result.run().command());
  }

  /** The figure that was recorded first. */
  private static String headline(List<ZooResult> results) {
    return results.stream()
        .findFirst()
        .map(ZooResult::measurement)
        .map(
            m ->
                String.format(
                    Locale.ROOT,
                    "%.2f %s %s %s",
                    m.figure().value(),
                    m.figure().unit(),
                    m.task(),
                    m.data().dataset()))
        .orElse("-");
  }
}
