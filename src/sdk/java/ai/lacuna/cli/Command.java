package ai.lacuna.cli;

import org.apache.commons.cli.Options;

/** One command of the command line. Commands keep no state between runs. */
interface Command {

  /** The word on the command line. */
  String name();

  /** What it does, in one line without a full stop. */
  String summary();

  /** What follows the name, as shown in the help, such as {@code "[options] IMAGE..."}. */
  String usage();

  /** A paragraph or example for the command's own help; may be empty. */
  default String details() {
    return "";
  }

  /** The options it knows; those of every command are added to them. */
  Options options();

  /**
   * Does the work.
   *
   * @return the exit code
   * @throws UsageException if the arguments make no sense
   * @throws Exception anything else; {@link Main} says which exit code it means
   */
  int run(Arguments arguments, Terminal terminal) throws Exception;
}
