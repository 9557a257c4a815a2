/**
 * What a frozen encoder's features are worth: features computed once, a linear head fitted on them.
 *
 * <p>The head is a multinomial logistic regression with an L2 penalty, fitted by L-BFGS on
 * standardised features; its strength is chosen on a part of the training data, never on the test
 * data. Heavy products run on the encoder's device. Nothing here holds native memory after a call.
 */
@NullMarked
package ai.lacuna.probe;

import org.jspecify.annotations.NullMarked;
