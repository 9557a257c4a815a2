package ai.lacuna.djl;

import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelZoo;
import ai.lacuna.engine.Devices;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The zoo as DJL sees it. DJL registers the one that {@link Zoo#open} opens:
 *
 * <pre>{@code
 * Criteria<Image, float[]> criteria =
 *     Criteria.builder()
 *         .setTypes(Image.class, float[].class)
 *         .optModelUrls("djl://ai.lacuna/vit_micro_patch4_28.mae_fashion_mnist")
 *         .optArgument("pooling", "mean") // cls_mean if not said
 *         .build();
 * try (ZooModel<Image, float[]> model = criteria.loadModel();
 *     Predictor<Image, float[]> predictor = model.newPredictor()) {
 *   float[] embedding = predictor.predict(ImageFactory.getInstance().fromFile(path));
 * }
 * }</pre>
 *
 * <p>{@code optModelName(NAME)}, {@code optArtifactId(NAME)} and {@code optGroupId("ai.lacuna")}
 * find the same models. A fine-tuned entry classifies, {@code setTypes(Image.class,
 * Classifications.class)}; with {@code optArtifactId(NAME)} or an address, and {@code
 * optModelName("encoder")}, it embeds. {@link LacunaTranslatorFactory} lists the types and
 * arguments.
 */
public final class LacunaModelZoo extends ModelZoo {
  /** DJL's name of this zoo. */
  public static final String GROUP_ID = "ai.lacuna";

  private static final Logger LOGGER = LoggerFactory.getLogger(LacunaModelZoo.class);

  private final Supplier<Zoo> source;
  private volatile Optional<Zoo> opened = Optional.empty();

  /** The private zoo, if there is one, and the bundled one; opened at first use. */
  public LacunaModelZoo() {
    this(Zoo::open);
  }

  private LacunaModelZoo(Supplier<Zoo> source) {
    this.source = source;
  }

  /**
   * Another zoo, for {@code Criteria.optModelZoo} or {@code ModelZoo.registerModelZoo}.
   *
   * @param zoo which entries it has
   */
  public static LacunaModelZoo of(Zoo zoo) {
    return new LacunaModelZoo(() -> zoo);
  }

  @Override
  public String getGroupId() {
    return GROUP_ID;
  }

  @Override
  public Set<String> getSupportedEngines() {
    return Set.of(Devices.ENGINE);
  }

  /**
   * A loader for each entry; those that need no download first, as DJL takes the first that fits.
   * If the zoo can't be opened there are none, with a warning: DJL asks for them whatever model an
   * application looks for.
   */
  @Override
  public Collection<ModelLoader> getModelLoaders() {
    try {
      return zoo().list().stream()
          .sorted(Comparator.comparing(entry -> !entry.isHere()))
          .<ModelLoader>map(EntryLoader::new)
          .toList();
    } catch (ZooException e) {
      LOGGER.warn("{}; DJL finds no models of {}", e.getMessage(), GROUP_ID);
      return List.of();
    }
  }

  /**
   * The loader of an entry.
   *
   * @param name the entry's name
   * @return its loader, or null if there is no such entry, as DJL has it
   * @throws ZooException if the zoo can't be opened
   */
  @Override
  public @Nullable ModelLoader getModelLoader(String name) {
    return zoo().find(name).map(EntryLoader::new).orElse(null);
  }

  /** The entries; an attempt that fails is made again at the next call. */
  Zoo zoo() {
    Zoo zoo = opened.orElseGet(source);
    opened = Optional.of(zoo);
    return zoo;
  }
}
