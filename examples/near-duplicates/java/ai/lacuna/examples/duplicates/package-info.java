/** An application that finds images that are alike. */
@NullMarked
package ai.lacuna.examples.duplicates;

import org.jspecify.annotations.NullMarked;
