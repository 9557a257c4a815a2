package ai.lacuna.finetune;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.data.Batch;
import ai.lacuna.data.DataException;
import ai.lacuna.data.Loader;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.export.Exporter;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Prediction;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A fine-tuned network: images of any size in, logits out. Safe for use by several threads at once.
 * Owns native memory; close it.
 *
 * <pre>{@code
 * try (FineTuned model = FineTuned.load(Path.of("runs/shirts"), Device.cpu())) {
 *   System.out.println(model.classify(Path.of("shirt.png"), 3));
 * }
 * }</pre>
 */
public final class FineTuned implements AutoCloseable {
  /** The weights to use, in a run's directory: the best epoch's, averaged if the run averages. */
  public static final String FILE = JudgedRun.FILE;

  private static final String NORM = "norm.";
  private static final int BATCH = 64;

  private final FineTuneConfig config;
  private final NamedTensors weights;
  private final TorchModule module;

  private FineTuned(FineTuneConfig config, NamedTensors weights, TorchModule module) {
    this.config = config;
    this.weights = weights;
    this.module = module;
  }

  /**
   * Loads a network from its parts.
   *
   * @param config what it is
   * @param weights all its parameters; a head of values gives them in their own units
   * @param device where it runs
   * @return the network; close it
   * @throws ai.lacuna.weights.WeightsException if the weights do not fit
   */
  public static FineTuned of(FineTuneConfig config, NamedTensors weights, Device device) {
    Program program = Program.of(config.network().forward());
    return new FineTuned(
        config, weights, TorchModule.load(program, Weights.source(weights), device, false));
  }

  /**
   * Loads what a run has left.
   *
   * @param run the directory of a fine-tuning run
   * @param device where it runs
   * @return the network; close it
   * @throws IllegalArgumentException if there is no such run, or it has no network yet
   * @throws ai.lacuna.weights.WeightsException if its weights are damaged
   * @throws IOException if a file can't be read
   */
  public static FineTuned load(Path run, Device device) throws IOException {
    Path file = run.resolve("config.json");
    if (!isRun(run) || !Files.isRegularFile(run.resolve(FILE))) {
      throw new IllegalArgumentException(
          run
              + ": expected the directory of a fine-tuning run with config.json and "
              + FILE
              + ", found none; fine-tune first");
    }
    return of(
        FineTuneConfig.fromJson(Files.readString(file)),
        Safetensors.read(run.resolve(FILE)),
        device);
  }

  /**
   * Says whether a directory holds a fine-tuning run.
   *
   * @param run any path
   * @return whether its {@code config.json} is one of fine-tuning
   * @throws IOException if it can't be read
   */
  public static boolean isRun(Path run) throws IOException {
    Path file = run.resolve("config.json");
    return Files.isRegularFile(file) && FineTuneConfig.FORMAT.isOne(Files.readString(file));
  }

  /** What it is, and how it came about. */
  public FineTuneConfig config() {
    return config;
  }

  /** All parameters. */
  public NamedTensors weights() {
    return weights;
  }

  /** The names of the outputs. */
  public List<String> names() {
    return config.names();
  }

  /**
   * The most probable classes or labels of an image file, see {@link #classify(List, int)}.
   *
   * @param image a file in a format that {@link Pixels#read(Path)} reads
   * @param topK how many, at least 1
   * @return the best first
   * @throws IllegalArgumentException if {@code topK} is below 1
   * @throws IllegalStateException if the network gives values
   * @throws IOException if the file can't be read as an image
   */
  public List<Prediction> classify(Path image, int topK) throws IOException {
    return classify(List.of(Pixels.read(image)), topK).get(0);
  }

  /**
   * The most probable classes or labels of images, as the exported {@link
   * ai.lacuna.serving.OnnxClassifier} gives them.
   *
   * @param images of any sizes
   * @param topK how many of each, at least 1; more than there are outputs gives all
   * @return for each image the best first, of equal ones the lower index; probabilities of classes
   *     sum to 1 over all of them, labels have one each
   * @throws IllegalArgumentException if {@code topK} is below 1
   * @throws IllegalStateException if the network gives values
   * @throws ai.lacuna.serving.ImageException if the channels of one cannot be converted
   */
  public List<List<Prediction>> classify(List<Pixels> images, int topK) {
    return new Probabilities(config.head().target(), names()).best(logits(images), topK);
  }

  /**
   * Computes what the head says.
   *
   * @param images of any sizes
   * @return [images][outputs]: logits of classes or labels, or the values
   * @throws ai.lacuna.serving.ImageException if the channels of one cannot be converted
   */
  public float[][] logits(List<Pixels> images) {
    return run(images, 0);
  }

  /**
   * Computes what the head reads.
   *
   * @param images of any sizes
   * @return [images][D]
   * @throws ai.lacuna.serving.ImageException if the channels of one cannot be converted
   */
  public float[][] embed(List<Pixels> images) {
    return run(images, 1);
  }

  /**
   * Judges the network.
   *
   * @param data images with known answers
   * @return figures
   * @throws ai.lacuna.data.DataException if there is no image, one can't be read, or the answers
   *     are others than the network gives
   */
  public Scores evaluate(LabelledImages data) {
    return evaluate(data, 1, 0);
  }

  /** The same, but up to a share of the images may be damaged: they are left out. */
  Scores evaluate(LabelledImages data, int workers, double maxCorrupt) {
    if (!data.targets().names().equals(names())) {
      throw new DataException(
          "%s: expected the outputs of the network, %s, found %s; give both the same classes"
              .formatted(data.images().name(), names(), data.targets().names()));
    }
    if (data.images().size() == 0) {
      throw new DataException(
          data.images().name() + ": expected images to judge the network on, found none");
    }
    Preprocessing p = config.preprocessing();
    Tally tally = new Tally(data.targets(), config.scale());
    try (Loader loader =
        Loader.builder(data.images())
            .batchSize(BATCH)
            .transform((image, seed, epoch, id) -> p.apply(image))
            .workers(workers)
            .maxCorrupt(maxCorrupt)
            .build()) {
      Set<Long> judged = new HashSet<>();
      for (Batch batch : loader) {
        float[][] logits = run(batch.images(), batch.size(), 0);
        for (int i = 0; i < logits.length; i++) {
          // The loader has another image stand in for a damaged one; it counts once.
          if (maxCorrupt == 0 || judged.add(batch.ids()[i])) {
            tally.add(logits[i], data.targets().of(batch.ids()[i], batch.labels()[i]));
          }
        }
      }
    }
    return tally.scores();
  }

  private float[][] run(List<Pixels> images, int output) {
    Preprocessing p = config.preprocessing();
    List<float[]> all = new ArrayList<>();
    for (int start = 0; start < images.size(); start += BATCH) {
      List<Pixels> part = images.subList(start, Math.min(images.size(), start + BATCH));
      ByteBuffer bytes =
          ByteBuffer.allocateDirect(part.size() * p.height() * p.width() * p.channels());
      for (Pixels image : part) {
        bytes.put(p.apply(image).data());
      }
      all.addAll(Arrays.asList(run(bytes.flip(), part.size(), output)));
    }
    return all.toArray(float[][]::new);
  }

  /** Of uint8 [size, H, W, C]. */
  private float[][] run(ByteBuffer pixels, int size, int output) {
    Preprocessing p = config.preprocessing();
    Shape shape = new Shape(size, p.height(), p.width(), p.channels());
    try (NDManager manager = module.newManager();
        NDList results = module.run("forward", manager.create(pixels, shape, DataType.UINT8))) {
      float[] values = results.get(output).toFloatArray();
      int width = values.length / size;
      float[][] rows = new float[size][];
      for (int i = 0; i < size; i++) {
        rows[i] = Arrays.copyOfRange(values, i * width, (i + 1) * width);
      }
      return rows;
    }
  }

  /**
   * Returns the encoder alone, for probes and search. What was the head's norm of the mean is its
   * final norm then, as the pretrained one has been replaced.
   *
   * @param device where it runs
   * @return the encoder; close it
   */
  public Encoder encoder(Device device) {
    return Encoder.of(
        config.encoder(), config.vit(), config.preprocessing(), encoderWeights(), device);
  }

  private NamedTensors encoderWeights() {
    NamedTensors.Builder tensors = NamedTensors.builder();
    for (Parameter parameter : config.network().encoder().program().parameters()) {
      String name = parameter.name();
      boolean moved = name.startsWith(NORM) && weights.find(name).isEmpty();
      tensors.add(
          name,
          weights.require(
              moved ? ImageClassifier.MEAN_NORM + name.substring(NORM.length() - 1) : name));
    }
    return tensors.build();
  }

  /**
   * Exports the network as a bundle: classifier or regressor, and encoder, for TorchScript and
   * ONNX.
   *
   * @param target the bundle's folder; an earlier bundle there is replaced
   * @param images real images to compare the runtimes on, at least one
   * @return the bundle, verified
   * @throws ai.lacuna.export.ExportException if the runtimes disagree
   * @throws IOException if writing fails; the target is then as before
   */
  public Bundle export(Path target, List<Pixels> images) throws IOException {
    return exporter().write(target, images);
  }

  /** An exporter of the network, for other settings than those of {@link #export}. */
  public Exporter exporter() {
    return Exporter.of(config.encoder(), config.vit(), config.preprocessing(), encoderWeights())
        .withNetwork(config.network(), weights, config.names());
  }

  /**
   * Writes the weights, with the configuration as metadata.
   *
   * @param file a {@code .safetensors} file, replaced if it exists
   * @throws IOException if it can't be written; an earlier one is then as it was
   */
  public void save(Path file) throws IOException {
    write(file, config, weights);
  }

  static void write(Path file, FineTuneConfig config, NamedTensors weights) throws IOException {
    Safetensors.write(file, weights, Map.of("format", "pt", "lacuna.finetune", config.toJson()));
  }

  @Override
  public void close() {
    module.close();
  }
}
