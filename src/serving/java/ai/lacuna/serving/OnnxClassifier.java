package ai.lacuna.serving;

import ai.lacuna.serving.batch.BatchOptions;
import ai.lacuna.serving.batch.Batcher;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An encoder with a trained head in ONNX Runtime: images in, classes or labels out.
 *
 * <p>Threads and ownership as {@link OnnxEncoder}.
 */
public final class OnnxClassifier implements AutoCloseable {
  private static final List<String> LOGITS = List.of("logits");
  private static final List<String> PROBABILITIES = List.of("probabilities");

  private final OnnxModel model;
  private final Manifest manifest;

  OnnxClassifier(Bundle bundle, String variant, ServingOptions options) {
    this.manifest = bundle.manifest();
    this.model =
        new OnnxModel(bundle, bundle.modelFile(Manifest.CLASSIFIER_ONNX, variant), options);
    try {
      requireWidths(manifest.labels().size());
    } catch (BundleException e) {
      model.close();
      throw e;
    }
  }

  private void requireWidths(int labels) {
    long[] logits = model.shape("logits");
    if (logits.length == 2 && logits[1] > 0 && logits[1] != labels) {
      throw new BundleException(
          Manifest.FILE + " labels",
          logits[1] + " labels, as many as the classifier's logits",
          String.valueOf(labels),
          "export the bundle again");
    }
    model.requireValueEach("logits", labels);
    model.requireValueEach("probabilities", labels);
  }

  /**
   * Opens a bundle's classifier on the CPU.
   *
   * @throws BundleException if the bundle is not sound, or has no classifier
   */
  public static OnnxClassifier open(Path bundle) throws IOException {
    return Bundle.open(bundle).classifier();
  }

  /** What the bundle says of itself. */
  public Manifest manifest() {
    return manifest;
  }

  /** Whether an image has one class, or any number of labels. */
  public Manifest.Target target() {
    return manifest.target();
  }

  /** Names of classes or labels in order of their index. */
  public List<String> labels() {
    return manifest.labels();
  }

  /** Where it runs: {@code cpu} or {@code cuda:n}. */
  public String device() {
    return model.device();
  }

  /**
   * The most probable classes or labels of an image, the best first; of equal ones the lower index
   * first.
   *
   * @param topK how many, at least 1; more than there are classes gives all
   * @throws BundleException if the network answers with NaN: nothing can be ranked by it
   */
  public List<Prediction> classify(Pixels image, int topK) {
    return classify(List.of(image), topK).get(0);
  }

  /**
   * The most probable classes of an image file.
   *
   * @throws ImageException if it is no image, is damaged, or is too large
   * @throws IOException if the file cannot be read
   */
  public List<Prediction> classify(Path image, int topK) throws IOException {
    return classify(Pixels.read(image), topK);
  }

  /** The most probable classes of a picture in memory. */
  public List<Prediction> classify(BufferedImage image, int topK) {
    return classify(Pixels.from(image), topK);
  }

  /**
   * The most probable classes of an encoded image (JPEG, PNG, ...).
   *
   * @throws ImageException if the bytes are not an image
   */
  public List<Prediction> classify(byte[] encoded, int topK) {
    return classify(Pixels.read(encoded, "image bytes"), topK);
  }

  /**
   * The most probable classes of what a stream gives, to its end; the caller closes it.
   *
   * @throws ImageException if the bytes are not an image
   * @throws IOException if the stream fails
   */
  public List<Prediction> classify(InputStream encoded, int topK) throws IOException {
    return classify(Pixels.read(encoded, "image bytes"), topK);
  }

  /** The most probable classes of each image. */
  public List<List<Prediction>> classify(List<Pixels> images, int topK) {
    requirePositive(topK);
    return best(model.run(images, PROBABILITIES), topK);
  }

  /**
   * An image as this classifier takes it, for {@link #classifyPrepared}.
   *
   * @throws ImageException if it has a number of channels that cannot be converted
   */
  public Prepared prepare(Pixels image) {
    return model.prepare(image);
  }

  /**
   * The most probable classes of each prepared image.
   *
   * @throws IllegalArgumentException if one was prepared for a model with another preprocessing
   */
  public List<List<Prediction>> classifyPrepared(List<Prepared> images, int topK) {
    requirePositive(topK);
    return best(model.runPrepared(images, PROBABILITIES), topK);
  }

  private static void requirePositive(int topK) {
    if (topK < 1) {
      throw new IllegalArgumentException("topK: expected at least 1, found " + topK);
    }
  }

  private List<List<Prediction>> best(float[][] rows, int topK) {
    model.requireFinite(rows, "probabilities");
    return IntStream.range(0, rows.length).mapToObj(i -> best(rows[i], topK)).toList();
  }

  /**
   * The labels that an image has: those of at least some probability, the most probable first. Of
   * classes, where probabilities sum to 1, those of at least that much.
   *
   * @param least a probability, such as one half
   */
  public List<Prediction> labels(Pixels image, double least) {
    return classify(image, labels().size()).stream()
        .filter(prediction -> prediction.probability() >= least)
        .toList();
  }

  /**
   * The scores before softmax or sigmoid, as the network gives them: {@code [images][classes]}.
   * They may be NaN or infinite, where {@link #classify(List, int)} refuses.
   */
  public float[][] logits(List<Pixels> images) {
    return model.run(images, LOGITS);
  }

  /**
   * A front that gathers the calls of many threads into batches: {@code
   * front.call(classifier.prepare(image))}.
   *
   * @param topK how many classes each gets, see {@link #classify(Pixels, int)}
   * @param options how it gathers
   * @return to be closed before this classifier
   */
  public Batcher<Prepared, List<Prediction>> batched(int topK, BatchOptions options) {
    requirePositive(topK);
    return new Batcher<>(images -> classifyPrepared(images, topK), options);
  }

  private List<Prediction> best(float[] probabilities, int topK) {
    return IntStream.range(0, probabilities.length)
        .mapToObj(i -> new Prediction(labels().get(i), i, probabilities[i]))
        .sorted(Comparator.comparingDouble(Prediction::probability).reversed())
        .limit(topK)
        .toList();
  }

  @Override
  public void close() {
    model.close();
  }
}
