/**
 * Where the figures of a run go besides its own record: TensorBoard's event files and MLflow.
 *
 * <p>Trackers are for one thread at a time, and closed by whoever opened them. None of them may end
 * a training: {@link ai.lacuna.track.Trackers} says a failure once and goes on.
 */
@NullMarked
package ai.lacuna.track;

import org.jspecify.annotations.NullMarked;
