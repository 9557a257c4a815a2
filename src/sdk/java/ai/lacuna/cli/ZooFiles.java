package ai.lacuna.cli;

import ai.lacuna.text.Counted;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooEntry;
import ai.lacuna.zoo.ZooException;
import ai.lacuna.zoo.ZooSettings;
import java.util.List;
import java.util.Locale;

/** {@code lacuna zoo pull|verify|remove|path}: the files of entries on this machine. */
final class ZooFiles {
  private static final double MEGA = 1e6;
  private static final String ACCEPT = "accept-license";

  private ZooFiles() {}

  /** Which zoo the arguments mean, and how it is reached. */
  static ZooSettings settings(Arguments arguments, Terminal terminal) {
    ZooSettings settings = settings(terminal);
    if (arguments.has("zoo")) {
      settings = settings.withZoo(arguments.require("zoo"));
    }
    return arguments.has("offline") ? settings.offline() : settings;
  }

  /** The environment's settings, with downloads shown on the terminal. */
  static ZooSettings settings(Terminal terminal) {
    return ZooSettings.fromEnvironment().withProgress(new TerminalDownloads(terminal));
  }

  private static List<ZooEntry> entries(ZooSettings settings, String pattern) {
    Zoo zoo = Zoo.open(settings);
    List<ZooEntry> found = zoo.list(pattern);
    return found.isEmpty() ? List.of(zoo.require(pattern)) : found;
  }

  /** Fetches what is not here; each licence that asks for it is shown first. */
  static void pull(Arguments arguments, String pattern, Terminal terminal) {
    ZooSettings settings = settings(arguments, terminal);
    for (ZooEntry entry : entries(settings, pattern)) {
      String license = entry.listing().about().license();
      if (entry.listing().consent()) {
        terminal.line(
            "%s: licence %s, %s", entry.name(), license, entry.listing().about().source());
      }
      ZooEntry wanted =
          arguments.has(ACCEPT)
              ? Zoo.open(settings.accepting(license)).require(entry.name())
              : entry;
      wanted.fetch(arguments.has("decoder"));
      terminal.line(
          "%s: %s", wanted.name(), wanted.isRemote() ? wanted.weightsPath() : "is here already");
    }
  }

  /** Compares every file that is here with the index. */
  static void verify(Arguments arguments, String pattern, Terminal terminal) {
    int damaged = 0;
    for (ZooEntry entry : entries(settings(arguments, terminal).offline(), pattern)) {
      for (ZooEntry.Verdict verdict : entry.verify()) {
        terminal.line(
            "%-9s %s/%s%s",
            verdict.state().name().toLowerCase(Locale.ROOT),
            entry.name(),
            verdict.file(),
            verdict.detail().isEmpty() ? "" : ": " + verdict.detail());
        damaged += verdict.state() == ZooEntry.Verdict.State.DAMAGED ? 1 : 0;
      }
    }
    if (damaged > 0) {
      throw new ZooException(
          "%s; 'lacuna zoo pull' fetches %s again, or rebuild the index"
              .formatted(Counted.of(damaged, "damaged file"), damaged == 1 ? "it" : "them"));
    }
  }

  /** Removes what was fetched. */
  static void remove(Arguments arguments, String pattern, Terminal terminal) {
    for (ZooEntry entry : entries(settings(arguments, terminal), pattern)) {
      long bytes = entry.remove();
      terminal.line(
          "%s: %s",
          entry.name(),
          bytes > 0
              ? String.format(Locale.ROOT, "%.1f MB removed", bytes / MEGA)
              : "nothing to remove, no file of it has been fetched");
    }
  }

  /** Prints where the weights are, fetched if need be; without a name, where the cache is. */
  static void path(Arguments arguments, String name, Terminal terminal) {
    ZooSettings settings = settings(arguments, terminal);
    terminal.line(
        "%s",
        name.isEmpty()
            ? settings.cache().settings().root()
            : Zoo.open(settings).require(name).weightsPath());
  }
}
