package ai.lacuna.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Function;

/**
 * From an image of any size to what a network says of it. DJL stacks images that are predicted
 * together, which all have the network's size by then.
 */
final class NetworkTranslator<I, O> implements Translator<I, O> {
  private static final String FORWARD = "forward";

  private final PixelReader<I> reader;
  private final Preprocessing preprocessing;
  private final String function;
  private final Function<float[], O> answer;

  /**
   * @param reader gives an input's pixels
   * @param preprocessing brings them to the network's size
   * @param function of the network: [batch, height, width, channels] in, [batch, ...] out first
   * @param answer makes the output of one image's numbers
   */
  NetworkTranslator(
      PixelReader<I> reader,
      Preprocessing preprocessing,
      String function,
      Function<float[], O> answer) {
    this.reader = reader;
    this.preprocessing = preprocessing;
    this.function = function;
    this.answer = answer;
  }

  /** uint8 [H, W, C], and the function's name where it is not DJL's own choice. */
  @Override
  public NDList processInput(TranslatorContext ctx, I input) throws IOException {
    NDManager manager = ctx.getNDManager();
    Pixels pixels = preprocessing.apply(reader.read(manager, input));
    ByteBuffer bytes = ByteBuffer.allocateDirect(pixels.data().length).put(pixels.data()).flip();
    Shape shape = new Shape(pixels.height(), pixels.width(), pixels.channels());
    NDList inputs = new NDList(manager.create(bytes, shape, DataType.UINT8));
    if (!function.equals(FORWARD)) {
      NDArray method = manager.create(0f);
      method.setName("module_method:" + function);
      inputs.add(method);
    }
    return inputs;
  }

  @Override
  public O processOutput(TranslatorContext ctx, NDList list) {
    return answer.apply(list.get(0).toFloatArray());
  }
}
