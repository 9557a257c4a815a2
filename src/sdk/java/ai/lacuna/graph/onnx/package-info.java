/**
 * The lowering of a graph to an ONNX model.
 *
 * <p>Only the model's protobuf classes are used, no runtime. The models have one dynamic dimension,
 * named {@code batch}; their initializers carry the names and shapes of the graph's parameters. All
 * types are immutable or used by one thread.
 */
@NullMarked
package ai.lacuna.graph.onnx;

import org.jspecify.annotations.NullMarked;
