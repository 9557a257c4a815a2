/**
 * Words for people: suggestions for mistyped names, tables and lines for terminals. Pure functions,
 * safe for any thread.
 */
@NullMarked
package ai.lacuna.text;

import org.jspecify.annotations.NullMarked;
