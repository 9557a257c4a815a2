package ai.lacuna.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.torchscript.TensorSource;
import ai.lacuna.graph.torchscript.TorchScriptArchive;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives the parameters of a hollow module their memory and their values, with one copy of each
 * value: from a mapped file to memory of libtorch, or to the GPU.
 */
final class ParameterMemory {
  private ParameterMemory() {}

  /**
   * Fills every trainable parameter.
   *
   * @param module from {@link TorchScriptArchive#writeHollow}
   * @param parameters of the program
   * @param tensors their values
   */
  static void fill(TorchModule module, List<Parameter> parameters, TensorSource tensors) {
    Map<String, Parameter> named = new HashMap<>();
    parameters.forEach(parameter -> named.put(parameter.name(), parameter));
    for (NDArray target : module.parameters()) {
      Parameter parameter = named.get(target.getName());
      if (parameter == null) {
        throw new IllegalStateException(target.getName() + ": expected a parameter's name");
      }
      try (target;
          NDManager scope = module.newManager();
          NDArray values = copy(scope, target, TorchScriptArchive.checked(parameter, tensors));
          IValue to = IValue.from((PtNDArray) target);
          IValue from = IValue.from((PtNDArray) values)) {
        module.run(TorchScriptArchive.ADOPT, to, from).close();
      }
    }
  }

  private static NDArray copy(NDManager scope, NDArray target, ByteBuffer values) {
    if (scope.getDevice().isGpu()) {
      return scope.create(values, target.getShape(), DataType.FLOAT32);
    }
    NDArray memory = scope.create(target.getShape(), DataType.FLOAT32);
    memory.toByteBuffer(true).put(values);
    return memory;
  }
}
