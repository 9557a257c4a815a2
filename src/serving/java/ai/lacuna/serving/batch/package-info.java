/**
 * A front that gathers concurrent requests into batches.
 *
 * <p>A network answers a batch of images in less time than the same images one by one, but the
 * requests of a server come one by one. {@link ai.lacuna.serving.batch.Batcher} lets each wait a
 * few milliseconds for company. It knows nothing of images or of ONNX Runtime: it batches calls of
 * any function from a list to a list of the same length.
 *
 * <p>Every accepted request gets exactly one answer: a result, the function's exception, or a
 * timeout. What is not accepted is refused at once. All classes here are safe for many threads.
 */
@NullMarked
package ai.lacuna.serving.batch;

import org.jspecify.annotations.NullMarked;
