/**
 * Opens an exported bundle and embeds, classifies or measures images with ONNX Runtime alone.
 *
 * <p>Nothing here needs DJL or libtorch.
 */
@NullMarked
package ai.lacuna.serving;

import org.jspecify.annotations.NullMarked;
