/** An application that serves an exported bundle. */
@NullMarked
package ai.lacuna.examples.serve;

import org.jspecify.annotations.NullMarked;
