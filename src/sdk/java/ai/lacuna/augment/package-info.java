/**
 * Random changes of images, and mixtures of them, for training with labels.
 *
 * <p>{@link ai.lacuna.augment.RandAugment}, {@link ai.lacuna.augment.ColorJitter}, {@link
 * ai.lacuna.augment.RandomErasing} and {@link ai.lacuna.augment.RandomShift} are {@link
 * ai.lacuna.data.Transform}s, to be put one after another:
 *
 * <pre>{@code
 * Transform recipe =
 *     RandomResizedCrop.of(224, 224, 0.08)
 *         .then(RandAugment.parse("rand-m9-mstd0.5-inc1").withMean(normalization))
 *         .then(RandomErasing.of(RandomErasing.Mode.PIXEL, normalization));
 * }</pre>
 *
 * <p>{@link ai.lacuna.augment.Mixing} draws mixup and cutmix for a batch. Everything random is a
 * pure function of (seed, epoch, sample id, purpose); all types are immutable and safe for any
 * number of threads.
 *
 * <p>Each operation alone is an {@link ai.lacuna.augment.Operation} without chance, and gives the
 * very bytes that Pillow gives. Images are uint8 {@code [height, width, channels]}. Operations of
 * geometry take any number of channels. Those of colour take grey and RGB: of a grey image, colour
 * (saturation) and hue change nothing and the rest works as on one channel of RGB; an image with 2
 * or more than 3 channels they leave as it is, because its channels need not be colours.
 */
@NullMarked
package ai.lacuna.augment;

import org.jspecify.annotations.NullMarked;
