/**
 * Which patches are removed.
 *
 * <p>A mask is a pure function of (seed, epoch, sample id). Polarity as in MAE: 1 = removed, 0 =
 * kept. Indices are of patches; the class token is not one.
 */
@NullMarked
package ai.lacuna.masking;

import org.jspecify.annotations.NullMarked;
