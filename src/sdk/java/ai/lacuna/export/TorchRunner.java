package ai.lacuna.export;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Runs a loaded archive on images; owns the module. */
record TorchRunner(TorchModule module, Preprocessing preprocessing) implements AutoCloseable {

  /** For each image the values of the function's first result, flat. */
  float[][] run(String function, List<Pixels> images) {
    int bytes = preprocessing.height() * preprocessing.width() * preprocessing.channels();
    ByteBuffer data = ByteBuffer.allocateDirect(Math.multiplyExact(images.size(), bytes));
    images.forEach(image -> data.put(preprocessing.apply(image).data()));
    Shape shape =
        new Shape(
            images.size(), preprocessing.height(), preprocessing.width(), preprocessing.channels());
    try (NDManager manager = module.newManager();
        NDArray input = manager.create(data.flip(), shape, DataType.UINT8);
        NDList results = module.run(function, input)) {
      float[] values = results.get(0).toFloatArray();
      int width = values.length / images.size();
      float[][] rows = new float[images.size()][];
      Arrays.setAll(rows, i -> Arrays.copyOfRange(values, i * width, (i + 1) * width));
      return rows;
    }
  }

  @Override
  public void close() {
    module.close();
  }
}
