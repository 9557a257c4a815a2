/**
 * Pretraining of masked autoencoders: the configuration, the loop, its record, and pictures of what
 * the network reconstructs.
 *
 * <p>A run is a directory: {@code config.json}, {@code environment.json}, {@code data.json}, {@code
 * metrics.jsonl} and {@code checkpoint-*}. Everything random is a pure function of (seed, epoch,
 * sample id).
 */
@NullMarked
package ai.lacuna.pretrain;

import org.jspecify.annotations.NullMarked;
