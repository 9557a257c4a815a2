/**
 * Fine-tuning of a pretrained encoder with a head: progressive unfreezing, discriminative learning
 * rates, and the recipes of MAE and fastai.
 *
 * <p>{@link ai.lacuna.finetune.FineTuner} is the entrance: it drives an {@link
 * ai.lacuna.finetune.FineTuneConfig} over labelled images as a run (package {@code ai.lacuna.run}),
 * with its checkpoints, record and instruments. {@link ai.lacuna.finetune.FineTuned} is what comes
 * out: it predicts classes, labels or values, and exports itself.
 */
@NullMarked
package ai.lacuna.finetune;

import org.jspecify.annotations.NullMarked;
