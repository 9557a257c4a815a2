/**
 * Weights that others trained: files of facebookresearch/mae, timm, Hugging Face transformers,
 * torchvision and lightly become networks of Lacuna.
 *
 * <p>Invariants: a file is read as data and nothing in it is run; every tensor of it is used, or
 * named as dropped, or the file is refused with what is missing, unexpected and misshapen; nothing
 * that a file lacks is filled with random numbers. Whatever was unwrapped, converted or assumed is
 * among the notes of the result.
 *
 * <p>Threading: results are immutable. Ownership: nothing needs to be closed; tensors may be mapped
 * from the file, which must not be cut or overwritten in place while they are in use.
 */
@NullMarked
package ai.lacuna.foreign;

import org.jspecify.annotations.NullMarked;
