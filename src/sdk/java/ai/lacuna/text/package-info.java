/**
 * Words for people: suggestions for mistyped names, tables for terminals. Pure functions, safe for
 * any thread.
 */
@NullMarked
package ai.lacuna.text;

import org.jspecify.annotations.NullMarked;
