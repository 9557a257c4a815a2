package ai.lacuna.cli;

import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooEntry;
import ai.lacuna.zoo.ZooException;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.Options;

/** {@code lacuna doctor}: what of this machine works, what does not, and how to mend it. */
final class Doctor implements Command {

  @Override
  public String name() {
    return "doctor";
  }

  @Override
  public String summary() {
    return "check Java, the engines, devices and disk, and say how to mend them";
  }

  @Override
  public String usage() {
    return "[options]";
  }

  @Override
  public String details() {
    return "Exits with 0 if Lacuna can be used here, and with 1 if a line says 'fail'.";
  }

  @Override
  public Options options() {
    return new Options();
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) {
    arguments.requireNoPositional();
    List<Check> checks = new ArrayList<>();
    checks.addAll(MachineChecks.all());
    checks.addAll(EngineChecks.all());
    checks.addAll(JpegChecks.all());
    checks.add(zoo());
    boolean usable = true;
    for (Check check : checks) {
      terminal.line(check.line());
      usable &= check.state() != Check.State.FAIL;
    }
    terminal.line("");
    terminal.line(usable ? "Lacuna can be used here." : "Lacuna cannot be used here yet.");
    return usable ? 0 : Failures.UNEXPECTED;
  }

  private static Check zoo() {
    try {
      List<String> names = Zoo.open().list().stream().map(ZooEntry::name).toList();
      return names.isEmpty()
          ? Check.warn("zoo", "no entries", "set LACUNA_ZOO to a folder with an index.json")
          : Check.ok("zoo", String.join(", ", names));
    } catch (ZooException e) {
      return Check.fail("zoo", String.valueOf(e.getMessage()), "mend or unset LACUNA_ZOO");
    }
  }
}
