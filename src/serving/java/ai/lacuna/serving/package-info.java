/**
 * Opens an exported bundle and embeds, classifies or measures images with ONNX Runtime alone.
 *
 * <p>Nothing here needs DJL or libtorch. {@link ai.lacuna.serving.OnnxEnvironment} says what ONNX
 * Runtime reports of a process, and how that is prevented.
 */
@NullMarked
package ai.lacuna.serving;

import org.jspecify.annotations.NullMarked;
