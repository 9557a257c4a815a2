/**
 * Vision transformers and masked autoencoders (arXiv 2010.11929 and 2111.06377) as graphs.
 *
 * <p>Nothing here knows DJL or ONNX Runtime. Parameter names are those of the public MAE and timm
 * checkpoints.
 */
@NullMarked
package ai.lacuna.vit;

import org.jspecify.annotations.NullMarked;
