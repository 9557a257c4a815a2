/** Timings of exported encoders. */
@NullMarked
package ai.lacuna.benchmarks.serving;

import org.jspecify.annotations.NullMarked;
