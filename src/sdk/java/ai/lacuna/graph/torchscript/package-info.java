/**
 * Lowers a program to a TorchScript archive that PyTorch, libtorch and DJL load, run and train.
 *
 * <p>The archive is written here, byte by byte; neither DJL nor libtorch is needed for it.
 */
@NullMarked
package ai.lacuna.graph.torchscript;

import org.jspecify.annotations.NullMarked;
