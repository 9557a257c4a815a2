/**
 * A grid of short pretraining runs, each a normal run directory, and one table of what they are
 * worth.
 *
 * <p>All runs hold out the same images. Losses are comparable between runs with one target only;
 * the probe's accuracy between all. A sweep that was stopped goes on where it was. For one thread.
 */
@NullMarked
package ai.lacuna.sweep;

import org.jspecify.annotations.NullMarked;
