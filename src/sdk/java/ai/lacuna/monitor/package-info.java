/**
 * What a training run is watched with: trackers and a page that is written anew after each epoch;
 * in pretraining also validation, an online probe, pictures, and a look ahead before the first
 * step.
 *
 * <p>A {@link ai.lacuna.monitor.Monitor} is given to a pretrainer as its progress; it owns its
 * trackers. Native memory is held only while an epoch is inspected. For the thread that trains.
 */
@NullMarked
package ai.lacuna.monitor;

import org.jspecify.annotations.NullMarked;
