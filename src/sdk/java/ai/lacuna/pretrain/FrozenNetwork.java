package ai.lacuna.pretrain;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.Program;
import ai.lacuna.serving.Sha256;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.zip.ZipFile;

/**
 * A network whose features a perceptual loss compares; it is not trained.
 *
 * <p>Its {@code forward} takes images float32 [batch, C, H, W], normalised as the run normalises
 * its own, and gives one feature tensor or a tuple or list of them, [batch, ...] each.
 */
public final class FrozenNetwork {
  private static final int TRIED = 2;

  private final String name;
  private final Loader loader;
  private final Supplier<String> digest;

  @FunctionalInterface
  private interface Loader {
    TorchModule load(PretrainConfig config, Device device);
  }

  private FrozenNetwork(String name, Loader loader, Supplier<String> digest) {
    this.name = name;
    this.loader = loader;
    this.digest = digest;
  }

  /**
   * A network in a file.
   *
   * @param file a TorchScript archive, as {@code torch.jit.save} writes it
   */
  public static FrozenNetwork ofFile(Path file) {
    return new FrozenNetwork(
        file.toString(),
        (config, device) -> {
          requireArchive(file);
          return TorchModule.load(file, device, true);
        },
        () -> digest(file));
  }

  /**
   * An encoder: the features are its patch tokens after every block, each normed.
   *
   * @param name for messages
   * @param encoder for images of the run's size and channels; its statistics may be others
   * @param weights its parameters
   */
  public static FrozenNetwork ofEncoder(
      String name, VisionTransformer encoder, NamedTensors weights) {
    return new FrozenNetwork(
        name,
        (config, device) -> {
          VitConfig own = encoder.config();
          VitConfig run = config.vit();
          if (own.imageHeight() != run.imageHeight()
              || own.imageWidth() != run.imageWidth()
              || own.channels() != run.channels()) {
            throw new IllegalArgumentException(
                "perceptual network %s: expected an encoder of the run's %sx%s images with %s channels, found %sx%s with %s; choose another network"
                    .formatted(
                        name,
                        run.imageHeight(),
                        run.imageWidth(),
                        run.channels(),
                        own.imageHeight(),
                        own.imageWidth(),
                        own.channels()));
          }
          Program program = Program.of(encoder.featureMaps("forward", config.normalization()));
          return TorchModule.load(program, Weights.source(weights), device, true);
        },
        weights::sha256);
  }

  private static String digest(Path file) {
    try {
      return Sha256.of(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Says which network it is, computed at each call.
   *
   * @return the SHA-256 of the file, or of an encoder's weights
   * @throws UncheckedIOException if the file can't be read
   */
  public String sha256() {
    return digest.get();
  }

  /**
   * Checks that the network can be loaded and takes a run's images.
   *
   * @param config of the run
   * @param device where it will run
   * @return this
   * @throws IllegalArgumentException if there is no such network, it is no TorchScript, or it does
   *     not take the run's images
   */
  public FrozenNetwork requireFit(PretrainConfig config, Device device) {
    open(config, device).close();
    return this;
  }

  /**
   * Loads the network and tries it on two black images of the run's size.
   *
   * @return the module; the caller closes it
   * @throws IllegalArgumentException if there is no such network, it is no TorchScript, or it does
   *     not take the run's images
   */
  TorchModule open(PretrainConfig config, Device device) {
    TorchModule module;
    try {
      module = loader.load(config, device);
    } catch (EngineException e) {
      throw new IllegalArgumentException(
          "perceptual network "
              + name
              + ": expected a TorchScript archive of torch.jit.save, and could not load it: "
              + lastLine(e),
          e);
    }
    try {
      // Tensors that DJL loads as not trainable can't take part in a backward pass at all.
      module.freeze();
      tryOut(module, config.vit());
      return module;
    } catch (RuntimeException e) {
      module.close();
      throw e;
    }
  }

  private void tryOut(TorchModule module, VitConfig vit) {
    Shape shape = new Shape(TRIED, vit.channels(), vit.imageHeight(), vit.imageWidth());
    try (NDManager manager = module.newManager();
        NDArray images = manager.zeros(shape);
        NDList features = module.run("forward", images)) {
      for (NDArray feature : features) {
        boolean fits =
            feature.getDataType() == DataType.FLOAT32
                && feature.getShape().dimension() > 1
                && feature.getShape().get(0) == TRIED;
        if (!fits) {
          throw new IllegalArgumentException(
              "perceptual network %s: expected features float32 [batch, ...], found %s %s of %s images"
                  .formatted(name, feature.getDataType(), feature.getShape(), TRIED));
        }
      }
      if (features.isEmpty()) {
        throw new IllegalArgumentException(
            "perceptual network " + name + ": expected features, found none");
      }
    } catch (EngineException | IllegalStateException | UnsupportedOperationException e) {
      throw new IllegalArgumentException(
          "perceptual network "
              + name
              + ": expected one that takes the run's images, float32 "
              + shape
              + ", and found that it fails: "
              + lastLine(e),
          e);
    }
  }

  /** A zip with the two pickles that make it TorchScript; others end in long native messages. */
  private static void requireArchive(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          "perceptual network "
              + file
              + ": no such file; give a TorchScript archive or the name of a zoo entry");
    }
    List<String> entries;
    try (ZipFile zip = new ZipFile(file.toFile())) {
      entries = zip.stream().map(entry -> entry.getName()).toList();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "perceptual network "
              + file
              + ": expected a TorchScript archive, found no zip; save the network with"
              + " torch.jit.save",
          e);
    }
    for (String part : List.of("/data.pkl", "/constants.pkl")) {
      if (entries.stream().noneMatch(entry -> entry.endsWith(part))) {
        throw new IllegalArgumentException(
            "perceptual network "
                + file
                + ": expected a TorchScript archive with a "
                + part.substring(1)
                + ", found none; weights alone are no network: save it with torch.jit.save");
      }
    }
  }

  /** The end of a traceback, where the reason is. */
  private static String lastLine(RuntimeException e) {
    return String.valueOf(e.getMessage())
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .reduce((first, last) -> last)
        .orElse("no reason given");
  }
}
