package ai.lacuna.export;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.graph.Precision;
import ai.lacuna.graph.onnx.OnnxTarget;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.serving.Variant;
import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.vit.ImageSegmenter;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Writes bundles.
 *
 * <pre>{@code
 * try (Encoder encoder = Zoo.load("vit_micro_patch4_28.mae_fashion_mnist")) {
 *   Bundle bundle = Exporter.of(encoder).write(Path.of("bundle"), images); // to compare on
 * }
 * }</pre>
 *
 * <p>What a bundle holds:
 *
 * <pre>
 *   encoder.pt          forward: images to tokens; features: images to every block's pooled tokens
 *   autoencoder.pt      loss, forward, encode and reconstruct (with the decoder)
 *   encoder.onnx        images to tokens, cls, mean, grid, embedding
 *   classifier.pt       forward: images to logits (with a head)
 *   classifier.onnx     images to logits, probabilities (with a head)
 *   regressor.pt        forward: images to values (with a head that predicts values, in place of the
 *   regressor.onnx      images to values            classifier)
 *   segmenter.pt        forward: images to logits of pixels (with a dense head, in place of the
 *   segmenter.onnx      images to logits of pixels   classifier)
 *   encoder.int8.onnx   the same in other numbers, and so on, of heads too (with variants)
 *   sample.safetensors  a few images, ready for the network, and the answers
 *   manifest.json       what all this is, digests, and measured parity
 *   serving.properties  what DJL Serving needs to serve the folder; not in the manifest, to be edited
 * </pre>
 *
 * Every network takes {@code images}, uint8 {@code [batch, height, width, channels]}; casting and
 * normalisation are inside.
 */
public final class Exporter {
  /**
   * Largest difference between runtimes: of a feature, where float32 gives about 1e-6, absolute; of
   * a logit, relative to the largest logit where that is above 1. A head of large weights makes
   * logits of 10 to 100 and their differences as much larger.
   */
  public static final double TOLERANCE = 1e-4;

  private final String name;
  private final VisionTransformer encoder;
  private final Preprocessing preprocessing;
  private final NamedTensors weights;
  private final Optional<ExportedHead> head;
  private final ExportSettings settings;

  private Exporter(
      String name,
      VisionTransformer encoder,
      Preprocessing preprocessing,
      NamedTensors weights,
      Optional<ExportedHead> head,
      ExportSettings settings) {
    this.name = name;
    this.encoder = encoder;
    this.preprocessing = preprocessing;
    this.weights = weights;
    this.head = head;
    this.settings = settings;
  }

  /**
   * An exporter of a loaded encoder without head.
   *
   * @param encoder its parts are kept, not its native memory
   */
  public static Exporter of(Encoder encoder) {
    return of(encoder.name(), encoder.config(), encoder.preprocessing(), encoder.weights());
  }

  /**
   * An exporter of an encoder without head.
   *
   * @param name what the manifest calls it
   * @param config its architecture
   * @param preprocessing what brings images to its input
   * @param weights its tensors; others are refused when the bundle is written
   * @throws ExportException if the preprocessing makes images of another size or channel count
   */
  public static Exporter of(
      String name, VitConfig config, Preprocessing preprocessing, NamedTensors weights) {
    if (preprocessing.height() != config.imageHeight()
        || preprocessing.width() != config.imageWidth()
        || preprocessing.channels() != config.channels()) {
      throw new ExportException(
          "preprocessing: expected images of %s x %s x %s, found %s x %s x %s; use the encoder's own"
              .formatted(
                  config.imageHeight(),
                  config.imageWidth(),
                  config.channels(),
                  preprocessing.height(),
                  preprocessing.width(),
                  preprocessing.channels()));
    }
    Normalization normalization = new Normalization(preprocessing.mean(), preprocessing.std());
    VisionTransformer encoder = new VisionTransformer(config, normalization);
    return new Exporter(
        name, encoder, preprocessing, weights, Optional.empty(), ExportSettings.defaults());
  }

  /**
   * The same with a head, so that the bundle classifies.
   *
   * @throws ExportException if the head is for another encoder
   */
  public Exporter withHead(ClassifierHead newHead) {
    return with(newHead);
  }

  /**
   * The same with a fine-tuned network, so that the bundle classifies or predicts values: {@code
   * classifier} or {@code regressor} is that network, {@code encoder} stays this exporter's.
   *
   * @param network encoder and head
   * @param all its parameters
   * @param labels the names of its outputs
   * @throws ExportException if it is of another architecture
   */
  public Exporter withNetwork(ImageClassifier network, NamedTensors all, List<String> labels) {
    return with(new FineTunedNetwork(labels, network, all));
  }

  /**
   * The same with a network that gives each pixel a class: {@code segmenter} is that network,
   * {@code encoder} stays this exporter's. The preprocessing must squeeze whole images.
   *
   * @param network encoder and head
   * @param all its parameters
   * @param labels the names of the classes
   * @throws ExportException if it is of another architecture, or images would be cropped or padded
   */
  public Exporter withSegmenter(ImageSegmenter network, NamedTensors all, List<String> labels) {
    if (preprocessing.fit() != Preprocessing.Fit.SQUEEZE) {
      throw new ExportException(
          "segmenter: expected a preprocessing that squeezes whole images, found one of "
              + preprocessing.fit().name().toLowerCase(Locale.ROOT)
              + "; take that of Preprocessing.squeezed");
    }
    return with(new SegmentedNetwork(labels, network, all));
  }

  private Exporter with(ExportedHead classifier) {
    classifier.requireFits(encoder.config());
    return new Exporter(name, encoder, preprocessing, weights, Optional.of(classifier), settings);
  }

  private Exporter with(ExportSettings newSettings) {
    return new Exporter(name, encoder, preprocessing, weights, head, newSettings);
  }

  /** The same with ONNX files for another target; {@link OnnxTarget#CPU} is the default. */
  public Exporter withTarget(OnnxTarget target) {
    return with(settings.withTarget(target));
  }

  /** The same with another largest difference, at least 0. */
  public Exporter withTolerance(double newTolerance) {
    return with(settings.withTolerance(newTolerance));
  }

  /** The same with models in other numbers beside those in float32. */
  public Exporter withVariants(VariantPlan plan) {
    return with(settings.withVariants(plan));
  }

  /**
   * The same with the tokens of some blocks, after the final norm, as further outputs {@code
   * tokens_block0} of the ONNX encoder.
   *
   * @param blocks from 0
   * @throws ExportException if there is no such block
   */
  public Exporter withLayers(List<Integer> blocks) {
    for (int block : blocks) {
      if (block < 0
          || block >= encoder.config().depth()
          || Collections.frequency(blocks, block) > 1) {
        throw new ExportException(
            "layers: expected different blocks from 0 to "
                + (encoder.config().depth() - 1)
                + ", found "
                + blocks);
      }
    }
    return with(settings.withLayers(blocks));
  }

  /**
   * The same with TorchScript archives in 16 bits too, {@code encoder.bfloat16.pt} and so on:
   * linear layers and attention, and the weights of the former; all else, and results, float32.
   */
  public Exporter withArchives(List<Precision> precisions) {
    if (precisions.contains(Precision.FLOAT32)) {
      throw new ExportException("archives: expected bfloat16 or float16, found float32");
    }
    return with(settings.withArchives(precisions));
  }

  /**
   * The same with the whole masked autoencoder, {@code autoencoder.pt}: the functions of {@link
   * MaskedAutoencoder#exported}.
   *
   * @param network encoder and decoder
   * @param all the parameters of both
   * @throws ExportException if its encoder is of another architecture
   */
  public Exporter withAutoencoder(MaskedAutoencoder network, NamedTensors all) {
    ExportedAutoencoder whole = new ExportedAutoencoder(network, all);
    whole.requireFits(encoder.config());
    return with(settings.withAutoencoder(whole));
  }

  /**
   * Writes a bundle.
   *
   * @param target its folder; an earlier bundle there is replaced
   * @param images real images of any size to compare the runtimes on, at least one; they run six
   *     times through each of three runtimes
   * @return the bundle, verified
   * @throws ExportException if the runtimes disagree, or the target holds other files
   * @throws ai.lacuna.weights.WeightsException if the weights are of another architecture
   * @throws IOException if writing fails; the target is then as before
   */
  public Bundle write(Path target, List<Pixels> images) throws IOException {
    if (images.isEmpty()) {
      throw new ExportException("parity: expected at least one image, found none");
    }
    boolean anySize =
        settings.variants().stream().anyMatch(p -> p.variants().contains(OnnxVariant.ANY_SIZE));
    if (anySize && preprocessing.fit() == Preprocessing.Fit.SQUEEZE) {
      throw new ExportException(
          "variant any-size: expected a preprocessing that keeps the aspect of images, found one"
              + " that squeezes them, as that of a segmenter; leave it out");
    }
    try (BundleFolder folder = BundleFolder.beside(target);
        Encoder djl = Encoder.of(name, encoder.config(), preprocessing, weights, Device.cpu())) {
      Path place = folder.path();
      ModelFiles models =
          new ModelFiles(
              place,
              new ExportGraphs(encoder, settings.layers()),
              weights,
              head,
              settings,
              preprocessing,
              metadata());
      models.writeFloat32();
      ServingProperties.write(place, head);
      Safetensors.write(
          place.resolve(Manifest.SAMPLE),
          SampleFile.tensors(djl, head, images),
          Map.of("name", name));
      Bundle draft = draft(place, models);
      List<Manifest.Parity> parity = ParityCheck.run(djl, draft, head, images, settings);
      List<Variant> variants = variants(place, models);
      writeManifest(place, manifest(place, models, parity, variants));
      folder.commit();
    }
    return Bundle.open(target);
  }

  private Bundle draft(Path folder, ModelFiles models) throws IOException {
    writeManifest(folder, manifest(folder, models, List.of(), List.of()));
    return Bundle.open(folder);
  }

  private List<Variant> variants(Path folder, ModelFiles models) throws IOException {
    return settings.variants().isEmpty()
        ? List.of()
        : new Variants(
                models, () -> draft(folder, models), settings.variants().get(), preprocessing)
            .write();
  }

  /** What a client without the manifest needs, inside the ONNX files. */
  private Map<String, String> metadata() {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("name", name);
    metadata.put("producer", ManifestParts.producer());
    metadata.put("target", target().name().toLowerCase(Locale.ROOT));
    metadata.put("labels", new Gson().toJson(labels()));
    metadata.put("preprocessing", new Gson().toJson(preprocessing));
    metadata.put("weights_sha256", weights.sha256());
    return metadata;
  }

  private List<String> labels() {
    return head.map(ExportedHead::labels).orElse(List.of());
  }

  private Manifest.Target target() {
    return head.map(ExportedHead::target).orElse(Manifest.Target.CLASSES);
  }

  private Manifest manifest(
      Path folder, ModelFiles models, List<Manifest.Parity> parity, List<Variant> variants)
      throws IOException {
    List<String> names = new ArrayList<>(models.names());
    names.add(Manifest.SAMPLE);
    Map<String, Manifest.FileEntry> files = new LinkedHashMap<>();
    for (String file : names) {
      files.put(file, ManifestParts.file(folder.resolve(file)));
    }
    return new Manifest(
        name,
        ManifestParts.producer(),
        weights.sha256(),
        ManifestParts.architecture(encoder.config()),
        preprocessing,
        target(),
        labels(),
        settings.target().opset(),
        files,
        models.outputs(),
        parity,
        variants);
  }

  private static void writeManifest(Path folder, Manifest manifest) throws IOException {
    Files.writeString(folder.resolve(Manifest.FILE), manifest.toJson());
  }
}
