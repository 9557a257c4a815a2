package ai.lacuna.serving;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a bundle holds, as written in its {@code manifest.json}.
 *
 * <p>Keys that this version does not know are ignored; another {@code format_version} is refused.
 *
 * @param name the encoder's name, as in the zoo
 * @param producer who wrote the bundle, with a version
 * @param weightsSha256 the digest of the encoder's weights, as the zoo and feature caches name
 *     them; empty in bundles of versions that did not write it
 * @param architecture the network
 * @param preprocessing what turns an image into the network's input
 * @param target what the head predicts; {@code CLASSES} for an encoder alone
 * @param labels names of classes, labels or values in order of their index; empty for an encoder
 *     alone
 * @param opset version of the ONNX operator set of the {@code .onnx} files
 * @param files the bundle's other files by name, with what they must be
 * @param outputs outputs of the {@code .onnx} files
 * @param parity measured agreement of the runtimes; empty if not measured
 * @param variants the models in other numbers beside float32, which is the first; empty if it is
 *     the only one
 */
public record Manifest(
    String name,
    String producer,
    String weightsSha256,
    Architecture architecture,
    Preprocessing preprocessing,
    Target target,
    List<String> labels,
    int opset,
    Map<String, FileEntry> files,
    List<Output> outputs,
    List<Parity> parity,
    List<Variant> variants) {

  /** The version of the layout that this class reads and writes. */
  public static final int FORMAT_VERSION = 1;

  /** The manifest's own name in a bundle. */
  public static final String FILE = "manifest.json";

  /** The encoder for ONNX Runtime. */
  public static final String ENCODER_ONNX = "encoder.onnx";

  /** The classifier for ONNX Runtime; only in a bundle of classes or labels. */
  public static final String CLASSIFIER_ONNX = "classifier.onnx";

  /** What predicts values, for ONNX Runtime; only in a bundle of values. */
  public static final String REGRESSOR_ONNX = "regressor.onnx";

  /** What predicts values, as a TorchScript archive; only in a bundle of values. */
  public static final String REGRESSOR_PT = "regressor.pt";

  /** The encoder as a TorchScript archive. */
  public static final String ENCODER_PT = "encoder.pt";

  /** The classifier as a TorchScript archive; only in a bundle of classes or labels. */
  public static final String CLASSIFIER_PT = "classifier.pt";

  /** What gives each pixel a class, for ONNX Runtime; only in a bundle of pixels. */
  public static final String SEGMENTER_ONNX = "segmenter.onnx";

  /** What gives each pixel a class, as a TorchScript archive; only in a bundle of pixels. */
  public static final String SEGMENTER_PT = "segmenter.pt";

  /** Encoder and decoder as a TorchScript archive; only in a bundle of a whole autoencoder. */
  public static final String AUTOENCODER_PT = "autoencoder.pt";

  /** A few images with the answers that this bundle gave when it was made. */
  public static final String SAMPLE = "sample.safetensors";

  /** What a head predicts. */
  public enum Target {
    /** One class of several: probabilities that sum to 1. */
    CLASSES,
    /** Any number of labels: a probability for each. */
    LABELS,
    /** Numbers, in the units that they were learned in. */
    VALUES,
    /** A class for each pixel. */
    PIXELS
  }

  /** Copies the collections. */
  public Manifest {
    labels = List.copyOf(labels);
    files = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(files));
    outputs = List.copyOf(outputs);
    parity = List.copyOf(parity);
    variants = List.copyOf(variants);
  }

  /**
   * A plain vision transformer with a class token.
   *
   * @param family {@code vit}
   * @param patchSize side of a square patch in pixels
   * @param embedDim width of the tokens
   * @param depth transformer blocks
   * @param numHeads attention heads
   * @param mlpRatio hidden width of the MLP over {@code embedDim}
   * @param tokens tokens of an image: the class token and one per patch
   */
  public record Architecture(
      String family,
      int patchSize,
      int embedDim,
      int depth,
      int numHeads,
      double mlpRatio,
      int tokens) {}

  /**
   * What a file must be.
   *
   * @param size length in bytes
   * @param sha256 digest, 64 lower-case hexadecimal digits
   */
  public record FileEntry(long size, String sha256) {}

  /**
   * An output of a model file.
   *
   * @param file which model
   * @param name the output's name in the graph
   * @param shape dimensions; -1 is the batch, written {@code "batch"} in JSON
   */
  public record Output(String file, String name, List<Long> shape) {
    /** Copies the shape. */
    public Output {
      shape = List.copyOf(shape);
    }
  }

  /**
   * How far a runtime was from the reference on real images.
   *
   * @param reference the runtime that is taken as right, such as {@code djl}
   * @param candidate the runtime that was compared, such as {@code onnxruntime}
   * @param output what was compared, such as {@code cls}
   * @param batchSize images of one call
   * @param images images compared
   * @param maxAbsError largest absolute difference of two values
   * @param limit what that was allowed to be: for logits, which have the scale of their head, a
   *     share of the largest one; NaN in bundles of the first version, which did not say
   * @param minCosine smallest cosine of two vectors
   * @param top1Agreement part of the images, 0 to 1, whose largest value has the same index
   */
  public record Parity(
      String reference,
      String candidate,
      String output,
      int batchSize,
      int images,
      double maxAbsError,
      double limit,
      double minCosine,
      double top1Agreement) {}

  /** The manifest as indented JSON with a final newline. */
  public String toJson() {
    return ManifestJson.write(this);
  }

  /**
   * Reads a manifest.
   *
   * @param json the text of a {@code manifest.json}
   * @param fileForErrors what messages call it
   * @throws BundleException if it is not JSON, of another version, or lacks a value
   */
  public static Manifest fromJson(String json, String fileForErrors) {
    return ManifestJson.read(json, fileForErrors);
  }
}
