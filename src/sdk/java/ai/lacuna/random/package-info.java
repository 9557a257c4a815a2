/**
 * Counter-based randomness.
 *
 * <p>Order, crop, flip, mask and mixup are pure functions of (seed, epoch, sample id, purpose), so
 * the number of threads, the batch size, a resume in mid-epoch and the device change nothing.
 */
@NullMarked
package ai.lacuna.random;

import org.jspecify.annotations.NullMarked;
