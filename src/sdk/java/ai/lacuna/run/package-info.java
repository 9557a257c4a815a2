/**
 * A training run: a directory that a task fills, stops and goes on with, whatever it trains.
 *
 * <p>{@link ai.lacuna.run.TrainingRun} drives a {@link ai.lacuna.run.TrainingTask} through its
 * epochs. The directory holds {@code config.json}, {@code environment.json}, {@code data.json},
 * {@code metrics.jsonl} and {@code checkpoint-*}. Everything random is a pure function of (seed,
 * epoch, sample id), so that a run which was stopped goes on as if it had not been. One process at
 * a time writes to a run; a run belongs to one thread, which {@link ai.lacuna.run.TrainingRun#stop}
 * alone may interrupt from another.
 */
@NullMarked
package ai.lacuna.run;

import org.jspecify.annotations.NullMarked;
