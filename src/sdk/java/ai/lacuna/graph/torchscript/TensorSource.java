package ai.lacuna.graph.torchscript;

import ai.lacuna.graph.Parameter;
import java.nio.ByteBuffer;

/** Where the values of parameters come from. */
@FunctionalInterface
public interface TensorSource {
  /**
   * The values of one parameter.
   *
   * @param parameter which
   * @return float32, little-endian, row-major, exactly {@code 4 · numel} bytes remaining
   */
  ByteBuffer bytes(Parameter parameter);
}
