/** A Spark job that embeds images. */
@NullMarked
package ai.lacuna.examples.spark;

import org.jspecify.annotations.NullMarked;
