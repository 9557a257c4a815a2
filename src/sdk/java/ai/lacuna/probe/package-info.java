/**
 * What a frozen encoder's features are worth: features computed once, a linear head fitted on them.
 *
 * <p>Five protocols judge the same features ({@link ai.lacuna.probe.Protocol}): logistic
 * regression, the linear probes of MAE and of DINOv2, nearest neighbours, and few images per class.
 * What is to be chosen is chosen on a part of the training data, never on the test data. Heavy
 * products run on the encoder's device. Nothing here holds native memory after a call.
 */
@NullMarked
package ai.lacuna.probe;

import org.jspecify.annotations.NullMarked;
