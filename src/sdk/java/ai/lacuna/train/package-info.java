/**
 * What every training shares: fresh weights, a trainable network, AdamW, learning rates and
 * checkpoints.
 *
 * <p>A {@link ai.lacuna.train.Trainee} owns native memory and is for one thread at a time.
 */
@NullMarked
package ai.lacuna.train;

import org.jspecify.annotations.NullMarked;
