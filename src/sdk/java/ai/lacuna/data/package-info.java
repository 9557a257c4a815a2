/**
 * Image data sets, their transforms, and the loader that feeds a training loop.
 *
 * <p>{@link ai.lacuna.data.ImageDataset#open} and {@link ai.lacuna.data.LabelledData#open} know
 * data by its path: image folders, IDX files, WebDataset shards, TFRecord files, LMDB environments.
 * {@link ai.lacuna.data.ShardPacker} turns any of them into shards. Foreign files are hostile until
 * checked: every number in them is held against the file before it is used, nothing is mapped, and
 * no file stays open between two calls.
 *
 * <p>A data set answers by index and may be asked by several threads at once. Images are uint8
 * {@code [height, width, channels]} ({@link ai.lacuna.serving.Pixels}); normalisation is in the
 * network's graph. Everything random is a pure function of (seed, epoch, sample id, purpose), so
 * the number of loader threads and a resume in mid-epoch change nothing. Data that is not as it
 * should be gives a {@link ai.lacuna.data.DataException} that names the file, what was expected and
 * found, and the next step.
 */
@NullMarked
package ai.lacuna.data;

import org.jspecify.annotations.NullMarked;
