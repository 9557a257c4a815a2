/**
 * The zoo: pretrained encoders by name, with their recipe, their measured figures and a model card.
 *
 * <p>A zoo is a folder, on disk, on the class path or on a web server: {@code index.json} lists the
 * entries, and each entry has a folder of its name:
 *
 * <pre>
 *   about.json           what people wrote about it: purpose, data, licence, limits
 *   config.json          architecture and preprocessing
 *   encoder.safetensors  the encoder's weights, with config.json in the metadata
 *   decoder.safetensors  the light decoder's weights, for drawing reconstructions; optional
 *   recipe.json          the pretraining run's configuration and machine; not of imported entries
 *   train.jsonl          the run's metrics, one JSON object a line; likewise
 *   remote.json          files on their publisher's server, in place of encoder.safetensors
 *   results.json         measured figures, each with the command that gives it; written by commands
 *   studies.json         figures repeated with several seeds; written by commands
 *   exports.json         size, agreement and times of the newest export; written by commands
 *   head.safetensors     of a fine-tuned network what the encoder has not
 *   finetune.json        what that head says, and how it came about
 *   reconstructions.png  what the decoder makes of a few images; drawn by a command
 * </pre>
 *
 * <p>Invariants: the index holds every figure, and size and SHA-256 of every file, as far as a
 * publisher gives them; both are checked whenever a file is read. Files of servers are kept in
 * {@link ai.lacuna.cache.FileCache}. An index is not trusted: its names stay within the entry's
 * folder, its sizes bound what is read. A result names the weights that it was measured on. Entries
 * are immutable and safe for use by several threads.
 */
@NullMarked
package ai.lacuna.zoo;

import org.jspecify.annotations.NullMarked;
