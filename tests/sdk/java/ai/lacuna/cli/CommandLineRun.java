package ai.lacuna.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What one run of the command line printed, and its exit code. */
record CommandLineRun(int code, String out, String err) {

  /** Runs the real commands in this process. */
  static CommandLineRun of(String... args) {
    return with(Main.commands(), args);
  }

  /** Runs one of the given commands in this process. */
  static CommandLineRun with(List<Command> commands, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal = new Terminal(stream(out), stream(err), false);
    int code = new Main(commands, terminal).run(args);
    return new CommandLineRun(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }
}
