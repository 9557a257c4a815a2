/**
 * What a training run is measured with: operations of a network, the machine's peak, memory, and
 * the likeness of images.
 *
 * <p>Nothing here changes what is computed, and nothing keeps native memory. All functions are safe
 * for use by several threads.
 */
@NullMarked
package ai.lacuna.instruments;

import org.jspecify.annotations.NullMarked;
