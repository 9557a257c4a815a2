/**
 * Opens an exported bundle and embeds, classifies or measures images with ONNX Runtime alone.
 *
 * <p>Nothing here needs DJL or libtorch. {@link ai.lacuna.serving.OnnxEnvironment} says what ONNX
 * Runtime reports of a process, and how that is prevented.
 *
 * <p>On a module path the module is {@code ai.lacuna.serving}, without a descriptor: whoever
 * requires it requires {@code com.google.gson} and {@code java.desktop} too, and opens the package
 * of a bundle among its resources.
 */
@NullMarked
package ai.lacuna.serving;

import org.jspecify.annotations.NullMarked;
