/**
 * Which patches are removed.
 *
 * <p>A mask is a pure function of (seed, epoch, sample id), and with samplers that look, of the
 * image. Its count is exact: the network's shapes depend on it. Polarity as in MAE: 1 = removed, 0
 * = kept. Indices are of patches, row by row; the class token is not one.
 *
 * <p>A {@link ai.lacuna.masking.MaskPlan} is a {@link ai.lacuna.masking.MaskStrategy} and a {@link
 * ai.lacuna.masking.RatioSchedule}; both have a text form, for the command line and for
 * configurations.
 */
@NullMarked
package ai.lacuna.masking;

import org.jspecify.annotations.NullMarked;
