/**
 * DJL's own doors to Lacuna: {@code Criteria} find encoders of the zoo by name or by a {@code
 * djl://ai.lacuna/NAME} address, and load exported bundles from their folder.
 *
 * <p>Everything is registered through {@code META-INF/services}: an application needs DJL's API
 * only. Images are prepared as {@link ai.lacuna.encoder.Encoder} and {@code lacuna-serving} prepare
 * them, and the numbers are the same.
 *
 * <p>Ownership and threads are DJL's: a model is closed by its user and shared by threads, each of
 * which has a predictor of its own.
 */
@NullMarked
package ai.lacuna.djl;

import org.jspecify.annotations.NullMarked;
