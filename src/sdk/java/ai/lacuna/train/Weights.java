package ai.lacuna.train;

import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.torchscript.TensorSource;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;

/** Values for the parameters of a program: fresh ones, or those of a file. */
public final class Weights {
  private Weights() {}

  /**
   * Draws fresh values. Each parameter has its own stream, keyed by seed and name, so that a change
   * of depth does not change the other layers' values.
   *
   * @param program whose parameters
   * @param seed the run's seed
   * @return float32 tensors under the parameters' names
   */
  public static NamedTensors initial(Program program, long seed) {
    NamedTensors.Builder tensors = NamedTensors.builder();
    for (Parameter parameter : program.parameters()) {
      CRC32 name = new CRC32();
      name.update(parameter.name().getBytes(StandardCharsets.UTF_8));
      CounterRandom random =
          CounterRandom.of(seed, 0, name.getValue(), CounterRandom.Purpose.WEIGHTS);
      int count = Math.toIntExact(parameter.shape().numel());
      float[] values = parameter.initializer().values(count, random);
      tensors.add(parameter.name(), Tensor.of(values, dims(parameter)));
    }
    return tensors.build();
  }

  /**
   * Named tensors as the values of parameters; half-precision ones are widened to float32.
   *
   * @param tensors must hold every parameter that is asked for, in its shape
   * @return a source that throws {@link WeightsException} for a missing or misshapen tensor
   */
  public static TensorSource source(NamedTensors tensors) {
    return parameter -> {
      Tensor tensor = tensors.require(parameter.name());
      if (!Arrays.equals(tensor.shape(), dims(parameter))) {
        throw new WeightsException(
            parameter.name()
                + ": expected "
                + parameter.shape()
                + ", found "
                + Arrays.toString(tensor.shape())
                + "; these weights are of another architecture");
      }
      if (tensor.type() == Tensor.Type.F32) {
        return tensor.bytes();
      }
      float[] floats = tensor.toFloats();
      ByteBuffer bytes = ByteBuffer.allocate(floats.length * Float.BYTES);
      bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(floats);
      return bytes;
    };
  }

  private static long[] dims(Parameter parameter) {
    return parameter.shape().dims().stream().mapToLong(Long::longValue).toArray();
  }
}
