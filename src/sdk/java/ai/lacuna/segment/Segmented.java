package ai.lacuna.segment;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.data.CorruptSamples;
import ai.lacuna.data.DataException;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.export.Exporter;
import ai.lacuna.finetune.JudgedRun;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.LogitMap;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A trained segmenter: images of any size in, a class for each of their pixels out. A whole image
 * is squeezed into the network's size, and its logits are interpolated back. Safe for use by
 * several threads at once. Owns native memory; close it.
 *
 * <pre>{@code
 * try (Segmented model = Segmented.load(Path.of("runs/streets"), Device.cpu())) {
 *   Pixels mask = model.predict(Pixels.read(Path.of("street.jpg")));
 *   Files.write(Path.of("street-mask.png"), MaskPng.write(mask));
 * }
 * }</pre>
 */
public final class Segmented implements AutoCloseable {
  private static final String CONFIG = "config.json";

  /** Logits that are held at once, unless those of one image are more. */
  private static final long MOST_LOGITS = 16L << 20;

  private static final int MOST_IMAGES = 64;

  private final SegmenterConfig config;
  private final NamedTensors weights;
  private final TorchModule module;

  private Segmented(SegmenterConfig config, NamedTensors weights, TorchModule module) {
    this.config = config;
    this.weights = weights;
    this.module = module;
  }

  /**
   * Loads a network from its parts.
   *
   * @param config what it is
   * @param weights all its parameters
   * @param device where it runs
   * @return the network; close it
   * @throws ai.lacuna.weights.WeightsException if the weights do not fit
   */
  public static Segmented of(SegmenterConfig config, NamedTensors weights, Device device) {
    Program program = Program.of(config.network().forward());
    return new Segmented(
        config, weights, TorchModule.load(program, Weights.source(weights), device, false));
  }

  /**
   * Loads what a run has left.
   *
   * @param run the directory of a segmenter's run
   * @param device where it runs
   * @return the network; close it
   * @throws IllegalArgumentException if there is no such run, or it has no network yet
   * @throws ai.lacuna.weights.WeightsException if its weights are damaged
   * @throws IOException if a file can't be read
   */
  public static Segmented load(Path run, Device device) throws IOException {
    Path file = run.resolve(JudgedRun.FILE);
    if (!isRun(run) || !Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          run
              + ": expected the directory of a segmenter's run with config.json and "
              + JudgedRun.FILE
              + ", found none; train one first");
    }
    return of(
        SegmenterConfig.fromJson(Files.readString(run.resolve(CONFIG))),
        Safetensors.read(file),
        device);
  }

  /**
   * Says whether a directory holds a segmenter's run.
   *
   * @param run any path
   * @return whether its {@code config.json} is one of segmentation
   * @throws IOException if it can't be read
   */
  public static boolean isRun(Path run) throws IOException {
    Path file = run.resolve(CONFIG);
    return Files.isRegularFile(file) && SegmenterConfig.FORMAT.isOne(Files.readString(file));
  }

  /** What it is, and how it came about. */
  public SegmenterConfig config() {
    return config;
  }

  /** All parameters. */
  public NamedTensors weights() {
    return weights;
  }

  /** The names of the classes. */
  public List<String> classes() {
    return config.names();
  }

  /**
   * Says what each pixel shows.
   *
   * @param image of any size
   * @return [h, w, 1], the most likely class of each of the image's pixels
   * @throws ai.lacuna.serving.ImageException if its channels can't be converted
   */
  public Pixels predict(Pixels image) {
    return map(logits(List.of(image)), 0).mask(image.height(), image.width());
  }

  /**
   * Judges the network, at the size of each mask.
   *
   * @param data images with masks of the network's classes
   * @return figures over all pixels together
   * @throws DataException if the classes are others, or an image or a mask can't be read
   * @throws IOException if a file can't be read
   */
  public SegmentationScores evaluate(MaskedImages data) throws IOException {
    return evaluate(data, 0);
  }

  /** The same, but up to a share of the images may be damaged: they are left out. */
  SegmentationScores evaluate(MaskedImages data, double maxCorrupt) throws IOException {
    if (!data.classes().equals(classes())) {
      throw new DataException(
          "%s: expected the classes of the network, %s, found %s; give both the same classes"
              .formatted(data.pairs().name(), classes(), data.classes()));
    }
    PixelTally tally = new PixelTally(data.pairs().name(), classes());
    int size = data.pairs().size();
    CorruptSamples corrupt = new CorruptSamples(data.pairs().name(), maxCorrupt, size);
    for (int start = 0; start < size; start += atOnce()) {
      List<Integer> samples = new ArrayList<>();
      List<Pixels> images = new ArrayList<>();
      List<Pixels> masks = new ArrayList<>();
      List<String> damaged = new ArrayList<>();
      int end = Math.min(size, start + atOnce());
      for (int i = start; i < end; i++) {
        try {
          Pixels joined = data.pairs().get(i).pixels();
          Pixels mask = Masks.mask(joined);
          images.add(Masks.image(joined));
          masks.add(mask);
          samples.add(i);
        } catch (IOException | UncheckedIOException | DataException | ImageException e) {
          if (maxCorrupt == 0) {
            throw e;
          }
          damaged.add("sample %s: %s".formatted(i, CorruptSamples.reason(e)));
        }
      }
      corrupt.count(end - start, damaged);
      float[] logits = images.isEmpty() ? new float[0] : logits(images);
      for (int i = 0; i < masks.size(); i++) {
        tally.add(samples.get(i), map(logits, i), masks.get(i));
      }
    }
    return tally.scores();
  }

  private int atOnce() {
    Preprocessing p = config.preprocessing();
    long each = (long) classes().size() * p.height() * p.width();
    return (int) Math.max(1, Math.min(MOST_IMAGES, MOST_LOGITS / each));
  }

  private LogitMap map(float[] logits, int image) {
    Preprocessing p = config.preprocessing();
    return new LogitMap(logits, image, classes().size(), p.height(), p.width());
  }

  /** [images, classes, H, W] at the network's size. */
  private float[] logits(List<Pixels> images) {
    Preprocessing p = config.preprocessing();
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(images.size() * p.height() * p.width() * p.channels());
    for (Pixels image : images) {
      bytes.put(SegmentAugmentation.whole(image, p).data());
    }
    Shape shape = new Shape(images.size(), p.height(), p.width(), p.channels());
    try (NDManager manager = module.newManager();
        NDList results =
            module.run("forward", manager.create(bytes.flip(), shape, DataType.UINT8))) {
      return results.get(0).toFloatArray();
    }
  }

  /**
   * Returns the encoder alone, for probes and search.
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
      tensors.add(parameter.name(), weights.require(parameter.name()));
    }
    return tensors.build();
  }

  /**
   * Exports the network as a bundle: segmenter and encoder, for TorchScript and ONNX; {@link
   * ai.lacuna.serving.OnnxSegmenter} serves it.
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
    return Exporter.of(
            config.encoder(), config.vit(), config.preprocessing().squeezed(), encoderWeights())
        .withSegmenter(config.network(), weights, config.names());
  }

  static void write(Path file, SegmenterConfig config, NamedTensors weights) throws IOException {
    Safetensors.write(file, weights, Map.of("format", "pt", "lacuna.segment", config.toJson()));
  }

  @Override
  public void close() {
    module.close();
  }
}
