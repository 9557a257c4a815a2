package ai.lacuna.djl;

import ai.djl.Model;
import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import ai.lacuna.serving.BundleException;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Translators of an encoder of the zoo and of the networks of an exported bundle. The zoo's models
 * name it themselves. For a bundle's folder an application does:
 *
 * <pre>{@code
 * Criteria<Image, Classifications> criteria =
 *     Criteria.builder()
 *         .setTypes(Image.class, Classifications.class)
 *         .optModelPath(bundle)
 *         .optModelName("classifier") // or encoder, regressor
 *         .optTranslatorFactory(new LacunaTranslatorFactory())
 *         .build();
 * }</pre>
 *
 * <p>or, where only an address can be given, by {@code optModelUrls(bundle.toUri() +
 * "?translatorFactory=ai.lacuna.djl.LacunaTranslatorFactory&model_name=classifier")}. A bundle
 * cannot name it: DJL 0.35 asks the criteria and the address for a translator of the types, and
 * refuses the model where they know none, before it opens a folder and reads its {@code
 * serving.properties}. That file is enough for {@code Input} and {@code Output}, whose translator
 * DJL looks for after loading. (DJL also takes arguments from a {@code metadata.json}, but only in
 * a folder below the one that is given, and then knows the files by that alone.)
 *
 * <table>
 * <caption>Types</caption>
 * <tr><th>input</th><td>{@code Image} of any image factory; {@link java.nio.file.Path}, {@link
 *     java.io.InputStream} and {@link ai.lacuna.serving.Pixels}, read by the rules of the
 *     latter</td></tr>
 * <tr><th>output of an encoder</th><td>{@code float[]}, the embedding</td></tr>
 * <tr><th>of a classifier</th><td>{@code Classifications}: of one class of several, or of any
 *     number of labels</td></tr>
 * <tr><th>of a regressor</th><td>{@code float[]}, the values</td></tr>
 * <tr><th>{@code Input}, {@code Output}</th><td>for DJL Serving: the bytes of an image in, JSON
 *     out</td></tr>
 * </table>
 *
 * <p>Arguments: {@code pooling} of an encoder, {@code cls}, {@code mean}, {@code cls_mean} (if not
 * said), {@code cls_grid} or {@code cls_grid7}; {@code topK} of a classifier, how many classes are
 * printed.
 */
public final class LacunaTranslatorFactory implements TranslatorFactory {
  private static final Set<Class<?>> OUTPUTS = Set.of(float[].class, Classifications.class);

  /** For DJL and for applications. */
  public LacunaTranslatorFactory() {}

  @Override
  public Set<Pair<Type, Type>> getSupportedTypes() {
    Set<Pair<Type, Type>> types = new HashSet<>();
    for (Class<?> input : PixelReader.types()) {
      OUTPUTS.forEach(output -> types.add(new Pair<>(input, output)));
    }
    types.add(new Pair<>(Input.class, Output.class));
    return types;
  }

  /**
   * Makes a translator.
   *
   * @param input a supported type
   * @param output a supported type
   * @param model a loaded model, whose folder has the manifest of a bundle
   * @param arguments as above; others are ignored
   * @throws TranslateException if the folder is no sound bundle, or its network does not give that
   *     output
   */
  @Override
  public <I, O> Translator<I, O> newInstance(
      Class<I> input, Class<O> output, Model model, Map<String, ?> arguments)
      throws TranslateException {
    try {
      LoadedNetwork network = LoadedNetwork.of(model);
      if (input == Input.class && output == Output.class) {
        return cast(new ServingTranslator(network.translator(PixelReader.BYTES, arguments)));
      }
      network.requireOutput(output);
      return cast(network.translator(PixelReader.of(input), arguments));
    } catch (IOException | BundleException | IllegalArgumentException e) {
      throw new TranslateException(e.getMessage(), e);
    }
  }

  /** The types were compared as classes. */
  @SuppressWarnings("unchecked")
  private static <I, O> Translator<I, O> cast(Translator<?, ?> translator) {
    return (Translator<I, O>) translator;
  }
}
