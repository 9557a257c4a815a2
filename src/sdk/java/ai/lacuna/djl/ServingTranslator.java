package ai.lacuna.djl;

import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.ndarray.BytesSupplier;
import ai.djl.ndarray.NDList;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import ai.djl.util.JsonSerializable;
import ai.lacuna.serving.ImageException;
import java.io.IOException;

/**
 * For DJL Serving: the bytes of an image file in, JSON out. Read by the rules of {@link
 * ai.lacuna.serving.Pixels}, so that a file cannot ask for more memory than they allow.
 */
final class ServingTranslator implements Translator<Input, Output> {
  private final NetworkTranslator<byte[], ?> translator;

  ServingTranslator(NetworkTranslator<byte[], ?> translator) {
    this.translator = translator;
  }

  @Override
  public NDList processInput(TranslatorContext ctx, Input input) throws IOException {
    BytesSupplier data = input.getData();
    if (data == null) {
      throw new ImageException("input: expected the bytes of an image, found none");
    }
    return translator.processInput(ctx, data.getAsBytes());
  }

  @Override
  public Output processOutput(TranslatorContext ctx, NDList list) {
    Output output = new Output();
    output.addProperty("Content-Type", "application/json");
    Object answer = translator.processOutput(ctx, list);
    if (answer instanceof JsonSerializable json) {
      output.add(json);
    } else {
      output.add(BytesSupplier.wrapAsJson(answer));
    }
    return output;
  }
}
