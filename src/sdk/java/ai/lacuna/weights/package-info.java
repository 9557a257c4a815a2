/**
 * Named tensors and their files.
 *
 * <p>Invariants: a {@link ai.lacuna.weights.Tensor} is immutable, its bytes are little endian and
 * as many as its type and shape say. A foreign file is hostile until checked: sizes are compared
 * before anything is allocated, and whatever the format does not allow is refused with a {@link
 * ai.lacuna.weights.WeightsException}. Everything here is safe for use by several threads.
 *
 * <p>Ownership: nothing needs to be closed. Tensors of a file that was read by path are mapped into
 * memory and unmapped when they are no longer reachable; the file must not be cut or overwritten in
 * place meanwhile. {@link ai.lacuna.weights.Safetensors#write} replaces files by renaming and so
 * never harms a mapped one.
 */
@NullMarked
package ai.lacuna.weights;

import org.jspecify.annotations.NullMarked;
