/**
 * The bridge to DJL's PyTorch engine: devices, and programs loaded as native modules.
 *
 * <p>Everything that holds native memory is {@link AutoCloseable}. A module may be run by several
 * threads at once; arrays belong to the manager of the call's first input.
 */
@NullMarked
package ai.lacuna.engine;

import org.jspecify.annotations.NullMarked;
