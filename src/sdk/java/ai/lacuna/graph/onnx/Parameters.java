package ai.lacuna.graph.onnx;

import ai.lacuna.graph.GraphException;
import ai.lacuna.graph.HalfPrecision;
import ai.lacuna.graph.Parameter;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Function;

/** Parameters as initializers, under their own names in the numbers of the model. */
final class Parameters {
  /** Follows a parameter's name; not legal in one, so that no parameter is shadowed. */
  private static final String PART = ":";

  private final OnnxTensors tensors;
  private final Function<Parameter, ByteBuffer> weights;

  Parameters(OnnxTensors tensors, Function<Parameter, ByteBuffer> weights) {
    this.tensors = tensors;
    this.weights = weights;
  }

  String float32(Parameter parameter) {
    long bytes = parameter.shape().numel() * Float.BYTES;
    return tensors.add(
        parameter.name(),
        new OnnxTensors.Entry(
            DataType.FLOAT, parameter.shape().dims(), bytes, () -> values(parameter)));
  }

  /** A weight or bias in half precision. */
  String float16(Parameter parameter) {
    long bytes = parameter.shape().numel() * Short.BYTES;
    return tensors.add(
        parameter.name() + PART + "float16",
        new OnnxTensors.Entry(
            DataType.FLOAT16,
            parameter.shape().dims(),
            bytes,
            () -> HalfPrecision.float16(values(parameter).asFloatBuffer())));
  }

  /**
   * A weight in 8 bits.
   *
   * @param weight [out, in]
   * @return its values int8 [in, out], their scales float32 [out], and zero points int8 [out]
   */
  List<String> int8(WeightMatrix weight) {
    int outputs = weight.outputs();
    long count = weight.value().shape().numel();
    String name = weight.parameter().name() + PART;
    List<Long> perOutput = List.of((long) outputs);
    return List.of(
        tensors.add(
            name + "int8",
            new OnnxTensors.Entry(
                DataType.INT8,
                List.of((long) weight.inputs(), (long) outputs),
                count,
                () -> ByteBuffer.wrap(quantize(weight).values()))),
        tensors.add(
            name + "scale",
            new OnnxTensors.Entry(
                DataType.FLOAT,
                perOutput,
                (long) outputs * Float.BYTES,
                () -> floats(quantize(weight).scales()))),
        tensors.add(
            name + "zero",
            new OnnxTensors.Entry(
                DataType.INT8, perOutput, outputs, () -> ByteBuffer.allocate(outputs))));
  }

  private QuantizedMatrix quantize(WeightMatrix weight) {
    return QuantizedMatrix.of(weight.values(this::values), weight.outputs());
  }

  /** Scale float32 and zero point uint8 of values that become 8 bits. */
  List<String> scale(String name, Numbers.Range range) {
    float scale = Math.max((range.max() - range.min()) / 255, Float.MIN_NORMAL);
    byte zero = (byte) Math.min(255, Math.rint(-range.min() / scale));
    return List.of(
        tensors.add(
            name + PART + "input_scale",
            new OnnxTensors.Entry(
                DataType.FLOAT, List.of(), Float.BYTES, () -> floats(new float[] {scale}))),
        tensors.add(
            name + PART + "input_zero",
            new OnnxTensors.Entry(
                DataType.UINT8, List.of(), 1, () -> ByteBuffer.wrap(new byte[] {zero}))));
  }

  private ByteBuffer values(Parameter parameter) {
    ByteBuffer bytes = weights.apply(parameter).duplicate().order(ByteOrder.LITTLE_ENDIAN);
    long expected = parameter.shape().numel() * Float.BYTES;
    if (bytes.remaining() != expected) {
      throw new GraphException(
          parameter.name()
              + ": expected "
              + expected
              + " bytes of float32 "
              + parameter.shape()
              + ", found "
              + bytes.remaining()
              + "; the weights are of another architecture");
    }
    return bytes;
  }

  private static ByteBuffer floats(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }
}
