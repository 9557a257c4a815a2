package ai.lacuna.cli;

import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooTable;
import java.util.List;
import org.apache.commons.cli.Options;

/** {@code lacuna zoo list|show}: the pretrained encoders. */
final class ZooCommand implements Command {

  @Override
  public String name() {
    return "zoo";
  }

  @Override
  public String summary() {
    return "list the pretrained encoders, or show one";
  }

  @Override
  public String usage() {
    return "list [PATTERN] | show NAME";
  }

  @Override
  public String details() {
    return """
        PATTERN may hold * and ?. LACUNA_ZOO names a folder of your own encoders,
        which is searched before the bundled zoo.

          lacuna zoo list 'vit_micro*'
        """;
  }

  @Override
  public Options options() {
    return new Options();
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) {
    List<String> words = arguments.positional();
    String verb = words.isEmpty() ? "list" : words.get(0);
    if (verb.equals("list") && words.size() <= 2) {
      terminal.out().print(ZooTable.list(Zoo.open().list(words.size() == 2 ? words.get(1) : "*")));
    } else if (verb.equals("show") && words.size() == 2) {
      terminal.out().print(ZooTable.show(Zoo.open().require(words.get(1))));
    } else {
      throw new UsageException(
          "zoo: expected 'list [PATTERN]' or 'show NAME', found '"
              + String.join(" ", words)
              + "'; 'lacuna zoo --help' shows examples");
    }
    return 0;
  }
}
