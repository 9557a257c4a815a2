package ai.lacuna.graph.onnx;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.oracle.Dense;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs a lowered model once in ONNX Runtime. */
final class OrtRun {
  private OrtRun() {}

  static Map<String, Dense> run(ModelProto model, Graph graph, Map<String, Dense> inputs)
      throws OrtException {
    return run(OrtEnvironment.getEnvironment().createSession(model.toByteArray()), graph, inputs);
  }

  /** The same for a model in a file. */
  static Map<String, Dense> run(Path model, Graph graph, Map<String, Dense> inputs)
      throws OrtException {
    return run(OrtEnvironment.getEnvironment().createSession(model.toString()), graph, inputs);
  }

  private static Map<String, Dense> run(OrtSession opened, Graph graph, Map<String, Dense> inputs)
      throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    Map<String, Dense> outputs = new LinkedHashMap<>();
    try (OrtSession session = opened) {
      for (var input : graph.inputs()) {
        String name = ((Op.Input) input.op()).name();
        tensors.put(name, tensor(environment, input.dtype(), require(inputs, name)));
      }
      try (OrtSession.Result result = session.run(tensors)) {
        for (var entry : result) {
          outputs.put(entry.getKey(), naive((OnnxTensor) entry.getValue()));
        }
      }
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
    return outputs;
  }

  /** The array of that name. */
  static Dense require(Map<String, Dense> arrays, String name) {
    Dense array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException("expected " + name + ", found " + arrays.keySet());
    }
    return array;
  }

  private static OnnxTensor tensor(OrtEnvironment environment, DType dtype, Dense tensor)
      throws OrtException {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(tensor.values().length * dtype.bytes())
            .order(ByteOrder.nativeOrder());
    for (double value : tensor.values()) {
      switch (dtype) {
        case FLOAT32 -> bytes.putFloat((float) value);
        case UINT8 -> bytes.put((byte) (int) value);
        case INT64 -> bytes.putLong((long) value);
      }
    }
    OnnxJavaType type =
        switch (dtype) {
          case FLOAT32 -> OnnxJavaType.FLOAT;
          case UINT8 -> OnnxJavaType.UINT8;
          case INT64 -> OnnxJavaType.INT64;
        };
    long[] shape = Arrays.stream(tensor.shape()).asLongStream().toArray();
    return OnnxTensor.createTensor(environment, bytes.flip(), shape, type);
  }

  private static Dense naive(OnnxTensor tensor) {
    int[] shape = Arrays.stream(tensor.getInfo().getShape()).mapToInt(Math::toIntExact).toArray();
    if (tensor.getInfo().type == OnnxJavaType.INT64) {
      long[] values = tensor.getLongBuffer().array();
      return Dense.of(Arrays.stream(values).asDoubleStream().toArray(), shape);
    }
    float[] values = tensor.getFloatBuffer().array();
    return Dense.of(values, shape);
  }
}
