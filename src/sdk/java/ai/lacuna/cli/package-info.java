/**
 * The command line: one {@link ai.lacuna.cli.Command} per command, and {@link ai.lacuna.cli.Main},
 * which picks one and turns what it throws into a line and an exit code.
 *
 * <p>Commands parse arguments and call the public API of the other packages; nothing imports this
 * one. Results go to standard output; progress and errors go to standard error. Exit codes: 0 done,
 * 2 bad input (an unknown option, a missing file, a wrong shape), 1 anything else.
 */
@NullMarked
package ai.lacuna.cli;

import org.jspecify.annotations.NullMarked;
