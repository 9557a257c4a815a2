/**
 * Exports an encoder, alone or with a trained head, to a bundle that any JVM or any TorchScript or
 * ONNX client serves.
 *
 * <p>An export that disagrees is not an export: DJL, the reloaded TorchScript archive and ONNX
 * Runtime are compared on real images, and a mismatch leaves no bundle. A bundle is written beside
 * its place, synced and renamed.
 *
 * <p>Nothing here outlives the call that made it; one exporter serves one thread at a time.
 */
@NullMarked
package ai.lacuna.export;

import org.jspecify.annotations.NullMarked;
