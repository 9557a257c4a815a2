package ai.lacuna.encoder;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.PositionEmbeddings;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.WeightsCheck;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A frozen vision transformer: images of any size in, features out. Nothing is masked.
 *
 * <pre>{@code
 * try (Encoder encoder = Zoo.load("vit_micro_patch4_28.mae_fashion_mnist")) {
 *   float[] embedding = encoder.embed(Pixels.read(Path.of("shirt.png")));
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads at once. Owns native memory; close it. Closing twice does
 * nothing; afterwards calls throw {@link IllegalStateException}.
 */
public final class Encoder implements AutoCloseable {
  /** Images that go through the network at once when a caller gives more. */
  public static final int DEFAULT_BATCH_SIZE = 64;

  private final String name;
  private final VisionTransformer network;
  private final Preprocessing preprocessing;
  private final NamedTensors weights;
  private final TorchModule module;
  private final int batchSize;

  private Encoder(
      String name,
      VisionTransformer network,
      Preprocessing preprocessing,
      NamedTensors weights,
      TorchModule module,
      int batchSize) {
    this.name = name;
    this.network = network;
    this.preprocessing = preprocessing;
    this.weights = weights;
    this.module = module;
    this.batchSize = batchSize;
  }

  /**
   * Loads an encoder from its parts.
   *
   * @param name what to call it in messages and records
   * @param config the architecture
   * @param preprocessing what is done to images; its size is the architecture's
   * @param weights the parameters, by their public MAE and timm names; others are refused
   * @param device where it runs
   * @return the encoder; close it
   * @throws ai.lacuna.weights.WeightsException if the weights do not fit the architecture
   * @throws IllegalArgumentException if the preprocessing does not fit the architecture
   */
  public static Encoder of(
      String name,
      VitConfig config,
      Preprocessing preprocessing,
      NamedTensors weights,
      Device device) {
    requireSameSize(config, preprocessing);
    VisionTransformer network =
        new VisionTransformer(config, new Normalization(preprocessing.mean(), preprocessing.std()));
    Program program = network.program();
    WeightsCheck.of(shapes(program), weights).requireFit(name);
    TorchModule module = TorchModule.load(program, Weights.source(weights), device, false);
    return new Encoder(name, network, preprocessing, weights, module, DEFAULT_BATCH_SIZE);
  }

  private static Map<String, List<Long>> shapes(Program program) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    for (Parameter parameter : program.parameters()) {
      shapes.put(parameter.name(), parameter.shape().dims());
    }
    return shapes;
  }

  private static void requireSameSize(VitConfig config, Preprocessing preprocessing) {
    if (config.imageHeight() != preprocessing.height()
        || config.imageWidth() != preprocessing.width()
        || config.channels() != preprocessing.channels()) {
      throw new IllegalArgumentException(
          "preprocessing: expected %sx%s with %s channels, found %sx%s with %s"
              .formatted(
                  config.imageHeight(),
                  config.imageWidth(),
                  config.channels(),
                  preprocessing.height(),
                  preprocessing.width(),
                  preprocessing.channels()));
    }
  }

  /** What it is called. */
  public String name() {
    return name;
  }

  /** The architecture. */
  public VitConfig config() {
    return network.config();
  }

  /** The network as a graph, for export. */
  public VisionTransformer network() {
    return network;
  }

  /** What is done to images. */
  public Preprocessing preprocessing() {
    return preprocessing;
  }

  /** The parameters. */
  public NamedTensors weights() {
    return weights;
  }

  /** D, the width of a token. */
  public int embedDim() {
    return config().embedDim();
  }

  /** The device that it runs on. */
  public Device device() {
    return module.device();
  }

  /** How many images go through the network at once. */
  public int batchSize() {
    return batchSize;
  }

  /**
   * The same encoder, sharing native memory, with another batch size. Closing either closes both.
   *
   * @param size images at once, at least 1
   * @return a view of this encoder
   * @throws IllegalArgumentException if it is less
   */
  public Encoder withBatchSize(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("batch size: expected at least 1, found " + size);
    }
    return new Encoder(name, network, preprocessing, weights, module, size);
  }

  /**
   * Loads an encoder of the same weights for images of another size, with {@linkplain
   * PositionEmbeddings#resample(NamedTensors, VitConfig, VitConfig) resampled positions}. Features
   * of another size than the network was trained on are another thing: judge them by a probe.
   *
   * @param height of the new input, a multiple of the patch's side
   * @param width of the new input, a multiple of the patch's side
   * @return another encoder with native memory of its own; close both
   * @throws IllegalArgumentException if patches do not divide the size
   */
  public Encoder withImageSize(int height, int width) {
    VitConfig other = config().withImage(height, width, config().channels());
    return of(
        name,
        other,
        preprocessing.withSize(height, width),
        PositionEmbeddings.resample(weights, config(), other),
        device());
  }

  /**
   * Embeds one image: class token and mean of the patch tokens after the final norm.
   *
   * @param image an image of any size
   * @return [2 · D], the class token first
   * @throws ImageException if its channels cannot be converted
   */
  public float[] embed(Pixels image) {
    return embed(List.of(image), Pooling.CLS_MEAN)[0];
  }

  /**
   * Embeds images.
   *
   * @param images of any sizes
   * @param pooling which tokens, after the final norm
   * @return [images][{@code pooling.parts()} · D]
   * @throws ImageException if the channels of one cannot be converted
   */
  public float[][] embed(List<Pixels> images, Pooling pooling) {
    return features(images, List.of(config().depth() - 1), pooling);
  }

  /**
   * All tokens of one image after the final norm.
   *
   * @param image an image of any size
   * @return [1 + N][D]; row 0 is the class token, then the patches row by row
   * @throws ImageException if its channels cannot be converted
   */
  public float[][] tokens(Pixels image) {
    try (NDManager manager = module.newManager();
        NDList results =
            module.run("forward", input(manager, List.of(image), preprocessing::apply))) {
      return rows(results.get(0).toFloatArray(), 1 + config().numPatches());
    }
  }

  /**
   * Features of several blocks, each after the final norm, as in DINOv2's linear protocol (arXiv
   * 2304.07193).
   *
   * @param images of any sizes
   * @param blocks indices from 0 to depth − 1, in the order wanted
   * @param pooling which tokens
   * @return [images][blocks · {@code pooling.parts()} · D]: block by block, in each the class token
   *     before the mean or the cells
   * @throws IllegalArgumentException if there is no such block
   * @throws ImageException if the channels of an image cannot be converted
   */
  public float[][] features(List<Pixels> images, List<Integer> blocks, Pooling pooling) {
    PoolingSet set = PoolingSet.covering(Set.of(pooling));
    return pooled(images, blocks, set, set.rows(pooling));
  }

  /**
   * Features of several blocks in several poolings, by one pass through the network.
   *
   * @param images of any sizes
   * @param blocks indices from 0 to depth − 1, in the order wanted
   * @param set the poolings
   * @return [images][blocks · {@code set.rows()} · D]: block by block the rows of the set
   * @throws IllegalArgumentException if there is no such block
   * @throws ImageException if the channels of an image cannot be converted
   */
  public float[][] pooled(List<Pixels> images, List<Integer> blocks, PoolingSet set) {
    return pooled(images, blocks, set, set.all());
  }

  /**
   * As {@link #pooled}, of images that are the network's size already: whoever gathers many can let
   * the large ones go, and prepare them in threads of its own.
   *
   * @param prepared what {@code preprocessing().apply} gives
   * @param blocks indices from 0 to depth − 1, in the order wanted
   * @param set the poolings
   * @return [images][blocks · {@code set.rows()} · D]: block by block the rows of the set
   * @throws IllegalArgumentException if there is no such block, or an image has another size
   */
  public float[][] pooledPrepared(List<Pixels> prepared, List<Integer> blocks, PoolingSet set) {
    Preprocessing p = preprocessing;
    for (Pixels image : prepared) {
      if (image.height() != p.height()
          || image.width() != p.width()
          || image.channels() != p.channels()) {
        throw new IllegalArgumentException(
            "image: expected %s x %s x %s, found %s; apply the encoder's preprocessing"
                .formatted(p.height(), p.width(), p.channels(), image));
      }
    }
    return pooled(prepared, blocks, set, set.all(), image -> image);
  }

  private float[][] pooled(
      List<Pixels> images, List<Integer> blocks, PoolingSet set, List<Integer> rows) {
    return pooled(images, blocks, set, rows, preprocessing::apply);
  }

  private float[][] pooled(
      List<Pixels> images,
      List<Integer> blocks,
      PoolingSet set,
      List<Integer> rows,
      UnaryOperator<Pixels> prepare) {
    for (int block : blocks) {
      if (block < 0 || block >= config().depth()) {
        throw new IllegalArgumentException(
            "block: expected 0 to " + (config().depth() - 1) + ", found " + block);
      }
    }
    List<float[]> all = new ArrayList<>();
    for (int start = 0; start < images.size(); start += batchSize) {
      List<Pixels> part = images.subList(start, Math.min(images.size(), start + batchSize));
      try (NDManager manager = module.newManager();
          NDList results = module.run(set.function(), input(manager, part, prepare))) {
        float[] values = results.get(0).toFloatArray();
        for (int i = 0; i < part.size(); i++) {
          all.add(select(values, i, blocks, set.rows(), rows));
        }
      }
    }
    return all.toArray(float[][]::new);
  }

  /** Of values [batch, depth, all, D] some blocks and some rows of one image. */
  private float[] select(
      float[] values, int image, List<Integer> blocks, int all, List<Integer> rows) {
    int d = embedDim();
    float[] selected = new float[blocks.size() * rows.size() * d];
    int at = 0;
    for (int block : blocks) {
      int first = (image * config().depth() + block) * all;
      for (int row : rows) {
        System.arraycopy(values, (first + row) * d, selected, at, d);
        at += d;
      }
    }
    return selected;
  }

  private float[][] rows(float[] values, int count) {
    float[][] rows = new float[count][embedDim()];
    for (int i = 0; i < count; i++) {
      System.arraycopy(values, i * embedDim(), rows[i], 0, embedDim());
    }
    return rows;
  }

  /** uint8 [images, H, W, C] on the device. */
  private NDArray input(NDManager manager, List<Pixels> images, UnaryOperator<Pixels> prepare) {
    Preprocessing p = preprocessing;
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(images.size() * p.height() * p.width() * p.channels());
    for (Pixels image : images) {
      bytes.put(prepare.apply(image).data());
    }
    Shape shape = new Shape(images.size(), p.height(), p.width(), p.channels());
    return manager.create(bytes.flip(), shape, DataType.UINT8);
  }

  @Override
  public void close() {
    module.close();
  }
}
