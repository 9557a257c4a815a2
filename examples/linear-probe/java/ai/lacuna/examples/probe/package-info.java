/** A linear probe in ten lines. */
@NullMarked
package ai.lacuna.examples.probe;

import org.jspecify.annotations.NullMarked;
