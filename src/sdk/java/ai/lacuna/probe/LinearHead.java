package ai.lacuna.probe;

import ai.lacuna.encoder.Encoder;
import ai.lacuna.export.ClassifierHead;
import ai.lacuna.export.Exporter;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.Tensor;
import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import com.google.gson.reflect.TypeToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A linear classifier of an encoder's raw features: {@code logits = weights · features + bias}.
 *
 * <p>Kept as a safetensors file with {@code head.weight [classes, features]}, {@code head.bias
 * [classes]}, and the rest as metadata.
 */
public final class LinearHead {
  private static final String WEIGHT = "head.weight";
  private static final String BIAS = "head.bias";
  private static final String INPUT = "input_size";
  private static final String ENCODER = "encoder_sha256";
  private static final String FORMAT = "lacuna.linear-head.v1";
  private static final Gson GSON = new Gson();

  private final float[] weights;
  private final float[] bias;
  private final List<String> classNames;
  private final List<Integer> blocks;
  private final Pooling pooling;
  private final Optional<InputSize> input;
  private final Optional<String> encoderSha256;

  /**
   * The size of the images whose features a head was fitted on, as the network takes them.
   *
   * @param height pixels, at least 1
   * @param width pixels, at least 1
   */
  public record InputSize(int height, int width) {
    /**
     * @throws IllegalArgumentException if a side is below 1
     */
    public InputSize {
      if (height < 1 || width < 1) {
        throw new IllegalArgumentException(
            "input size: expected at least 1 x 1, found " + height + " x " + width);
      }
    }

    @Override
    public String toString() {
      return height + "x" + width;
    }

    private static InputSize parse(String text) {
      String[] sides = text.split("x", -1);
      if (sides.length != 2) {
        throw new IllegalArgumentException("input size: expected height x width, found " + text);
      }
      return new InputSize(Integer.parseInt(sides[0]), Integer.parseInt(sides[1]));
    }
  }

  private LinearHead(
      float[] weights,
      float[] bias,
      List<String> classNames,
      List<Integer> blocks,
      Pooling pooling,
      Optional<InputSize> input,
      Optional<String> encoderSha256) {
    this.weights = weights;
    this.bias = bias;
    this.classNames = List.copyOf(classNames);
    this.blocks = List.copyOf(blocks);
    this.pooling = pooling;
    this.input = input;
    this.encoderSha256 = encoderSha256;
  }

  /**
   * Makes a head.
   *
   * @param weights {@code [classes, features]}, row by row; copied
   * @param bias {@code [classes]}; copied
   * @param classNames the name of each class
   * @param blocks whose features it takes, in order, from 0; those of several are concatenated
   * @param pooling how the tokens of a block become features
   * @return the head
   * @throws IllegalArgumentException if the lengths do not match
   */
  public static LinearHead of(
      float[] weights,
      float[] bias,
      List<String> classNames,
      List<Integer> blocks,
      Pooling pooling) {
    if (bias.length == 0
        || bias.length != classNames.size()
        || weights.length == 0
        || weights.length % bias.length != 0
        || blocks.isEmpty()) {
      throw new IllegalArgumentException(
          "head: expected weights [classes, features], bias [classes], class names and blocks, found"
              + " %s weights, %s biases, %s names, blocks %s"
                  .formatted(weights.length, bias.length, classNames.size(), blocks));
    }
    return new LinearHead(
        weights.clone(),
        bias.clone(),
        classNames,
        blocks,
        pooling,
        Optional.empty(),
        Optional.empty());
  }

  /**
   * The same head, which remembers what images it was fitted on; saved with it.
   *
   * @param size the input of the encoder then
   * @return a copy
   */
  public LinearHead withInput(InputSize size) {
    return new LinearHead(
        weights, bias, classNames, blocks, pooling, Optional.of(size), encoderSha256);
  }

  /**
   * The same head, which remembers whose features it was fitted on; saved with it.
   *
   * @param sha256 the digest of the encoder's weights
   * @return a copy
   */
  public LinearHead withEncoder(String sha256) {
    return new LinearHead(weights, bias, classNames, blocks, pooling, input, Optional.of(sha256));
  }

  /**
   * Returns whose features the head was fitted on.
   *
   * @return the digest of the encoder's weights; empty if it is not known, as of files of earlier
   *     versions
   */
  public Optional<String> encoderSha256() {
    return encoderSha256;
  }

  /**
   * Returns the input of the encoder whose features the head was fitted on.
   *
   * @return its size; empty if it is not known, as of files of earlier versions
   */
  public Optional<InputSize> input() {
    return input;
  }

  /**
   * Returns the weights.
   *
   * @return a copy, {@code [classes, features]}, row by row
   */
  public float[] weights() {
    return weights.clone();
  }

  /**
   * Returns the biases.
   *
   * @return a copy, {@code [classes]}
   */
  public float[] bias() {
    return bias.clone();
  }

  /**
   * Returns the classes.
   *
   * @return the name of each label
   */
  public List<String> classNames() {
    return classNames;
  }

  /**
   * Returns the blocks whose features it takes.
   *
   * @return from 0, in the order of the features
   */
  public List<Integer> blocks() {
    return blocks;
  }

  /**
   * Returns how the tokens of a block become features.
   *
   * @return the pooling
   */
  public Pooling pooling() {
    return pooling;
  }

  /**
   * Returns the length of the features of an image, all blocks together.
   *
   * @return at least 1
   */
  public int features() {
    return weights.length / bias.length;
  }

  /**
   * Returns the head as an {@link Exporter} takes it, for other settings than those of {@link
   * #export}.
   *
   * @return the same classifier
   */
  public ClassifierHead forExport() {
    return new ClassifierHead(
        classNames,
        blocks,
        pooling,
        Tensor.of(weights, bias.length, features()),
        Tensor.of(bias, bias.length));
  }

  /**
   * Exports an encoder with this head as a bundle: classifier and encoder, for TorchScript and
   * ONNX.
   *
   * @param encoder the one whose features the head was fitted on
   * @param target the bundle's folder; an earlier bundle there is replaced
   * @param images real images to compare the runtimes on, at least one
   * @return the bundle, verified
   * @throws ai.lacuna.export.ExportException if the head is of another encoder, or the runtimes
   *     disagree
   * @throws IllegalArgumentException if the head was fitted on images of another size
   * @throws IOException if writing fails; the target is then as before
   */
  public Bundle export(Encoder encoder, Path target, List<Pixels> images) throws IOException {
    InputSize taken = new InputSize(encoder.config().imageHeight(), encoder.config().imageWidth());
    if (input.isPresent() && !input.get().equals(taken)) {
      throw new IllegalArgumentException(
          "head: expected an encoder of %s images, on whose features it was fitted, found one of %s"
              .formatted(input.get(), taken));
    }
    return Exporter.of(encoder).withHead(forExport()).write(target, images);
  }

  /**
   * Computes the logits of an image.
   *
   * @param features raw features of the encoder, {@code [features]}
   * @return {@code [classes]}
   * @throws IllegalArgumentException if the length is another
   */
  public float[] logits(float[] features) {
    if (features.length != features()) {
      throw new IllegalArgumentException(
          "head: expected %s features, found %s; take blocks %s and pooling %s"
              .formatted(features(), features.length, blocks, pooling));
    }
    return logits(features, 0);
  }

  /** The logits of the image whose features begin at an offset. */
  float[] logits(float[] features, int offset) {
    int length = features();
    float[] logits = new float[bias.length];
    for (int c = 0; c < logits.length; c++) {
      double sum = bias[c];
      for (int k = 0; k < length; k++) {
        sum += (double) weights[c * length + k] * features[offset + k];
      }
      logits[c] = (float) sum;
    }
    return logits;
  }

  /**
   * Writes the head to a file; an older one survives a crash.
   *
   * @param file where to
   * @throws IOException if it cannot be written
   */
  public void save(Path file) throws IOException {
    NamedTensors tensors =
        NamedTensors.builder()
            .add(WEIGHT, Tensor.of(weights, bias.length, features()))
            .add(BIAS, Tensor.of(bias, bias.length))
            .build();
    Map<String, String> metadata = new TreeMap<>();
    metadata.put("format", FORMAT);
    metadata.put("class_names", GSON.toJson(classNames));
    metadata.put("blocks", GSON.toJson(blocks));
    metadata.put("pooling", pooling.label());
    input.ifPresent(size -> metadata.put(INPUT, size.toString()));
    encoderSha256.ifPresent(sha256 -> metadata.put(ENCODER, sha256));
    Safetensors.write(file, tensors, metadata);
  }

  /**
   * Reads a head.
   *
   * @param file what {@link #save} wrote
   * @return the head
   * @throws ai.lacuna.weights.WeightsException if the file is damaged or no safetensors file
   * @throws ProbeException if it holds something else than a head
   * @throws IOException if it cannot be read
   */
  public static LinearHead load(Path file) throws IOException {
    NamedTensors tensors = Safetensors.read(file);
    Map<String, String> metadata = Safetensors.metadata(file);
    if (!FORMAT.equals(metadata.get("format"))) {
      throw new ProbeException(
          "%s: expected a linear head (format %s), found tensors %s; give the file that a probe saved"
              .formatted(file, FORMAT, tensors.names().stream().limit(3).toList()));
    }
    Tensor weight = tensors.require(WEIGHT);
    Tensor bias = tensors.require(BIAS);
    if (weight.shape().length != 2 || weight.shape()[0] != bias.numel()) {
      throw new ProbeException(
          "%s: expected %s [classes, features] and %s [classes], found %s and %s; save the head again"
              .formatted(
                  file,
                  WEIGHT,
                  BIAS,
                  Arrays.toString(weight.shape()),
                  Arrays.toString(bias.shape())));
    }
    try {
      LinearHead head =
          of(
              weight.toFloats(),
              bias.toFloats(),
              GSON.fromJson(
                  metadata.getOrDefault("class_names", "[]"), new TypeToken<List<String>>() {}),
              GSON.fromJson(
                  metadata.getOrDefault("blocks", "[]"), new TypeToken<List<Integer>>() {}),
              Pooling.of(metadata.getOrDefault("pooling", "none")));
      if (metadata.containsKey(ENCODER)) {
        head = head.withEncoder(metadata.getOrDefault(ENCODER, ""));
      }
      return metadata.containsKey(INPUT)
          ? head.withInput(InputSize.parse(metadata.getOrDefault(INPUT, "")))
          : head;
    } catch (IllegalArgumentException | JsonParseException | NullPointerException e) {
      throw new ProbeException(
          "%s: expected the metadata of a linear head, found %s; save the head again"
              .formatted(file, metadata));
    }
  }
}
