package ai.lacuna.cli;

import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.cli.Options;

/** {@code lacuna data VERB}: what is done to data sets; each verb is a command of its own. */
final class DataCommand implements Command {
  private static final List<Command> VERBS = List.of(new DataCheckCommand(), new DataPackCommand());

  @Override
  public String name() {
    return "data";
  }

  @Override
  public String summary() {
    return VERBS.stream().map(Command::summary).collect(Collectors.joining("; "));
  }

  @Override
  public String usage() {
    return VERBS.stream()
        .map(verb -> verb.name() + " " + verb.usage())
        .collect(Collectors.joining(" | "));
  }

  @Override
  public String details() {
    return VERBS.stream().map(Command::details).collect(Collectors.joining("\n"));
  }

  @Override
  public Options options() {
    Options options = new Options();
    VERBS.forEach(verb -> verb.options().getOptions().forEach(options::addOption));
    return options;
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws Exception {
    String given = arguments.positional().isEmpty() ? "" : arguments.positional().get(0);
    for (Command verb : VERBS) {
      if (verb.name().equals(given)) {
        return verb.run(arguments, terminal);
      }
    }
    throw new UsageException(
        "data: expected a verb, %s, found %s; 'lacuna data --help' shows examples"
            .formatted(
                VERBS.stream().map(Command::name).collect(Collectors.joining(" or ")),
                given.isEmpty() ? "none" : given));
  }
}
