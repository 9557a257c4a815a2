package ai.lacuna.graph.onnx;

import static ai.lacuna.graph.onnx.OnnxNodes.attribute;

import ai.lacuna.graph.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tensors [..., dim] as matrices [rows, dim], the form in which a CPU adds a bias while it
 * multiplies. A matrix is made once and kept; a tensor that nobody reads is left out of the model.
 */
final class TokenRows {
  private final OnnxNodes nodes;
  private final Map<String, String> matrices = new HashMap<>();
  private final Map<String, List<String>> parted = new HashMap<>();

  TokenRows(OnnxNodes nodes) {
    this.nodes = nodes;
  }

  /** Whether a tensor was made from a matrix. */
  boolean isOfRows(String tensor) {
    return matrices.containsKey(tensor);
  }

  /** The matrix of a tensor. */
  String matrix(String tensor, Shape shape) {
    return shape.rank() == 2
        ? tensor
        : matrices.computeIfAbsent(tensor, t -> reshape(t, List.of(-1L, shape.dim(-1))));
  }

  /** The tensor of a matrix. */
  String tensor(String matrix, Shape shape) {
    if (shape.rank() == 2) {
      return matrix;
    }
    String tensor = reshape(matrix, shape.dims());
    matrices.put(tensor, matrix);
    return tensor;
  }

  /** x·Wᵀ + b for a matrix x [rows, in], W [out, in], b [out]. */
  String linear(String matrix, String weight, String bias) {
    return nodes.node("Gemm", List.of(matrix, weight, bias), attribute("transB", 1));
  }

  /** One of equal parts of a constant's rows; runtimes cut it when loading. */
  String part(String constant, int parts, int index) {
    return parted
        .computeIfAbsent(
            constant + ":" + parts,
            key ->
                nodes.nodes(
                    "Split",
                    List.of(constant),
                    parts,
                    attribute("axis", 0),
                    attribute("num_outputs", parts)))
        .get(index);
  }

  /** Layer normalisation: each row is an instance of one channel. */
  String norm(String matrix, long dim, String weight, String bias, double epsilon) {
    String instances = reshape(matrix, List.of(-1L, 1L, dim));
    String normed =
        nodes.node(
            "InstanceNormalization",
            List.of(
                instances,
                nodes.floats(List.of(1.0), List.of(1L)),
                nodes.floats(List.of(0.0), List.of(1L))),
            attribute("epsilon", epsilon));
    String scaled = nodes.node("Mul", List.of(reshape(normed, List.of(-1L, dim)), weight));
    return nodes.node("Add", List.of(scaled, bias));
  }

  private String reshape(String tensor, List<Long> dims) {
    return nodes.node("Reshape", List.of(tensor, nodes.longs(dims)));
  }
}
