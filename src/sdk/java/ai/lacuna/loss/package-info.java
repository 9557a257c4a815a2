/**
 * Reconstruction losses: how far predictions of removed patches are from their targets.
 *
 * <p>Every loss is a mean over the removed patches, so that figures compare across mask ratios,
 * batch sizes and image sizes. They are computed in float32 whatever the network's precision.
 *
 * <p>To add one: a record that implements {@link ai.lacuna.loss.PatchLoss}, and its word in {@link
 * ai.lacuna.loss.LossSum#parse}.
 */
@NullMarked
package ai.lacuna.loss;

import org.jspecify.annotations.NullMarked;
