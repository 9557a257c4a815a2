/** Words for people: suggestions for mistyped names. Pure functions, safe for any thread. */
@NullMarked
package ai.lacuna.text;

import org.jspecify.annotations.NullMarked;
