package ai.lacuna.cli;

import ai.lacuna.text.NearMatches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;

/** Entry point of the command line: picks a command, and turns what it throws into an exit code. */
public final class Main {
  private static final List<Command> COMMANDS =
      List.of(
          new Quickstart(),
          new Pretrain(),
          new SweepCommand(),
          new ReplayCommand(),
          new Masks(),
          new AugmentCommand(),
          new Probe(),
          new FineTuneCommand(),
          new SegmentCommand(),
          new SearchCommand(),
          new Export(),
          new Predict(),
          new DataCommand(),
          new ZooCommand(),
          new ImportCommand(),
          new Doctor());

  private final List<Command> commands;
  private final Terminal terminal;

  Main(List<Command> commands, Terminal terminal) {
    this.commands = commands;
    this.terminal = terminal;
  }

  /**
   * Runs one command and ends the process with its exit code.
   *
   * @param args the command's name, then its own arguments
   */
  public static void main(String[] args) {
    quietLibraries();
    // One notation of numbers on every machine, and no surprise for libraries in Turkish.
    Locale.setDefault(Locale.ROOT);
    int code = new Main(COMMANDS, Terminal.system()).run(args);
    System.exit(code);
  }

  /** The commands, in the order of the help. */
  static List<Command> commands() {
    return COMMANDS;
  }

  /** Before any library makes its logger: DJL warns about GPUs on every machine without one. */
  private static void quietLibraries() {
    defaultProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    defaultProperty("org.slf4j.simpleLogger.log.ai.djl.util.cuda.CudaUtils", "off");
    defaultProperty("OPT_OUT_TRACKING", "true");
  }

  private static void defaultProperty(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }

  /** Runs one command and returns its exit code; throws nothing. */
  int run(String... args) {
    if (args.length == 0 || isHelp(args[0])) {
      terminal.out().print(Help.overview(commands));
      return args.length == 0 ? Failures.BAD_INPUT : 0;
    }
    if (args[0].equals("--version") || args[0].equals("version")) {
      terminal.line("lacuna " + version());
      return 0;
    }
    boolean debug = Arrays.asList(args).contains("--debug");
    boolean ofZoo = args.length > 1 && args[0].equals("zoo") && args[1].equals("import");
    int first = ofZoo ? 1 : 0; // 'zoo import' is the command 'import'.
    try {
      Command command = require(args[first]);
      String[] rest = Arrays.copyOfRange(args, first + 1, args.length);
      Options options = withCommon(command.options());
      if (Arrays.stream(rest).anyMatch(Main::isHelp)) {
        terminal.out().print(Help.of(command, options));
        return 0;
      }
      return command.run(new Arguments(parse(command, options, rest), options), terminal);
    } catch (Exception | LinkageError | OutOfMemoryError | StackOverflowError e) {
      return Failures.report(e, debug, terminal.err());
    }
  }

  /** The version of the jar; {@code development} when run from classes. */
  static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  private Command require(String name) {
    for (Command command : commands) {
      if (command.name().equals(name)) {
        return command;
      }
    }
    String kind = name.startsWith("-") ? "option" : "command";
    throw new UsageException(
        name
            + ": no such "
            + kind
            + "; "
            + suggestion(NearMatches.of(name, commands.stream().map(Command::name).toList()))
            + "'lacuna --help' lists the commands");
  }

  private static CommandLine parse(Command command, Options options, String[] args) {
    try {
      return DefaultParser.builder().setAllowPartialMatching(false).get().parse(options, args);
    } catch (UnrecognizedOptionException e) {
      List<String> known = new ArrayList<>();
      options.getOptions().forEach(option -> known.add("--" + option.getLongOpt()));
      String given = e.getOption().replaceFirst("=.*", "");
      throw new UsageException(
          given
              + ": no such option; "
              + suggestion(NearMatches.of(given, known))
              + "'lacuna "
              + command.name()
              + " --help' lists the options");
    } catch (MissingArgumentException e) {
      throw new UsageException(
          "--%s: expected a value after it, found none; give %s"
              .formatted(e.getOption().getLongOpt(), Help.typed(e.getOption())));
    } catch (ParseException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  private static String suggestion(List<String> near) {
    return near.isEmpty() ? "" : String.format(Locale.ROOT, "did you mean %s? ", near.get(0));
  }

  private static boolean isHelp(String argument) {
    return argument.equals("--help") || argument.equals("-h") || argument.equals("help");
  }

  private static Options withCommon(Options options) {
    options.addOption(Option.builder("h").longOpt("help").desc("show this help").get());
    options.addOption(
        Option.builder().longOpt("debug").desc("show the stack trace of an error").get());
    return options;
  }
}
