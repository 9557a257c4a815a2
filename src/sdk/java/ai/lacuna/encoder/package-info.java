/**
 * A frozen, pretrained encoder that embeds images through DJL.
 *
 * <p>An {@link ai.lacuna.encoder.Encoder} owns native memory and is safe for several threads.
 */
@NullMarked
package ai.lacuna.encoder;

import org.jspecify.annotations.NullMarked;
