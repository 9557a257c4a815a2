package ai.lacuna.serving;

import ai.lacuna.serving.batch.BatchOptions;
import ai.lacuna.serving.batch.Batcher;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A frozen encoder in ONNX Runtime: images in, features out. Images may have any size and any
 * channel count that {@link Pixels} reads; resizing, cropping and normalisation happen inside.
 *
 * <p>Safe for use by many threads at once. Owns native memory: close it; closing waits for running
 * calls, and a second close does nothing. After it, calls throw {@link IllegalStateException}.
 */
public final class OnnxEncoder implements AutoCloseable {
  private static final List<String> CLS = List.of("cls");
  private static final List<String> MEAN = List.of("mean");
  private static final List<String> CLS_MEAN = List.of("cls", "mean");
  private static final List<String> CLS_GRID = List.of("cls", "grid");
  private static final List<String> TOKENS = List.of("tokens");

  private final OnnxModel model;
  private final Manifest manifest;

  OnnxEncoder(Bundle bundle, String variant, ServingOptions options) {
    this.manifest = bundle.manifest();
    this.model = new OnnxModel(bundle, bundle.modelFile(Manifest.ENCODER_ONNX, variant), options);
    try {
      requireArchitecture(manifest.architecture(), manifest.preprocessing());
    } catch (BundleException e) {
      model.close();
      throw e;
    }
  }

  /** Tokens are told apart, and pooled, by what the manifest says of them. */
  private void requireArchitecture(Manifest.Architecture said, Preprocessing images) {
    int patch = said.patchSize();
    long patches = patch < 1 ? 0 : (long) (images.height() / patch) * (images.width() / patch);
    long[] tokens = {-1, 1 + patches, said.embedDim()};
    if (!Arrays.equals(model.shape("tokens"), tokens) || said.tokens() != tokens[1]) {
      throw new BundleException(
          Manifest.FILE + " architecture",
          "the one whose tokens have the shape " + Arrays.toString(model.shape("tokens")),
          "patch_size %s, embed_dim %s, tokens %s".formatted(patch, said.embedDim(), said.tokens()),
          "export the bundle again");
    }
  }

  /**
   * Opens a bundle's encoder on the CPU.
   *
   * @throws BundleException if the bundle is not sound
   */
  public static OnnxEncoder open(Path bundle) throws IOException {
    return Bundle.open(bundle).encoder();
  }

  /** What the bundle says of itself. */
  public Manifest manifest() {
    return manifest;
  }

  /** Where it runs: {@code cpu} or {@code cuda:n}. */
  public String device() {
    return model.device();
  }

  /** Width of the tokens. */
  public int embedDim() {
    return manifest.architecture().embedDim();
  }

  /**
   * The class token and the mean of the patch tokens of an image, after the final norm: {@code [2 ·
   * embedDim]}.
   */
  public float[] embed(Pixels image) {
    return embed(image, Pooling.CLS_MEAN);
  }

  /** The pooled tokens of an image: {@code [pooling.parts() · embedDim]}. */
  public float[] embed(Pixels image, Pooling pooling) {
    return embed(List.of(image), pooling)[0];
  }

  /**
   * Embeds an image file as {@link #embed(Pixels)}.
   *
   * @throws ImageException if it is no image, is damaged, or is too large
   * @throws IOException if the file cannot be read
   */
  public float[] embed(Path image) throws IOException {
    return embed(Pixels.read(image));
  }

  /** Embeds a picture in memory as {@link #embed(Pixels)}. */
  public float[] embed(BufferedImage image) {
    return embed(Pixels.from(image));
  }

  /**
   * Embeds what a stream gives, to its end, as {@link #embed(Pixels)}; the caller closes it.
   *
   * @throws ImageException if the bytes are not an image
   * @throws IOException if the stream fails
   */
  public float[] embed(InputStream encoded) throws IOException {
    return embed(Pixels.read(encoded, "image bytes"));
  }

  /**
   * Embeds an encoded image (JPEG, PNG, ...) as {@link #embed(Pixels)}.
   *
   * @throws ImageException if the bytes are not an image
   */
  public float[] embed(byte[] encoded) {
    return embed(Pixels.read(encoded, "image bytes"));
  }

  /** Embeds images as {@link #embed(Pixels)}: {@code [images][2 · embedDim]}. */
  public float[][] embed(List<Pixels> images) {
    return embed(images, Pooling.CLS_MEAN);
  }

  /** The pooled tokens of images: {@code [images][pooling.parts() · embedDim]}. */
  public float[][] embed(List<Pixels> images, Pooling pooling) {
    return pooled(model.run(images, outputs(pooling)), pooling);
  }

  /**
   * An image as this encoder takes it, for {@link #embedPrepared}.
   *
   * @throws ImageException if it has a number of channels that cannot be converted
   */
  public Prepared prepare(Pixels image) {
    return model.prepare(image);
  }

  /**
   * The pooled tokens of prepared images: {@code [images][pooling.parts() · embedDim]}.
   *
   * @throws IllegalArgumentException if one was prepared for an encoder with another preprocessing
   */
  public float[][] embedPrepared(List<Prepared> images, Pooling pooling) {
    return pooled(model.runPrepared(images, outputs(pooling)), pooling);
  }

  private static List<String> outputs(Pooling pooling) {
    return switch (pooling) {
      case CLS -> CLS;
      case MEAN -> MEAN;
      case CLS_MEAN -> CLS_MEAN;
      case CLS_GRID -> CLS_GRID;
      case CLS_GRID7 -> TOKENS;
    };
  }

  private float[][] pooled(float[][] rows, Pooling pooling) {
    return pooling == Pooling.CLS_GRID7 ? gridded(rows, pooling.gridSide()) : rows;
  }

  /** The class token and the means of a grid's cells, from {@code [images][tokens · embedDim]}. */
  private float[][] gridded(float[][] tokens, int side) {
    int patch = manifest.architecture().patchSize();
    int rows = manifest.preprocessing().height() / patch;
    int columns = manifest.preprocessing().width() / patch;
    int width = embedDim();
    float[][] pooled = new float[tokens.length][(1 + side * side) * width];
    for (int i = 0; i < tokens.length; i++) {
      System.arraycopy(tokens[i], 0, pooled[i], 0, width);
      for (int cell = 0; cell < side * side; cell++) {
        // As adaptive average pooling has it: cell k of n patches spans ⌊k·n/side⌋ to
        // ⌈(k+1)·n/side⌉.
        int top = cell / side * rows / side;
        int bottom = ((cell / side + 1) * rows + side - 1) / side;
        int left = cell % side * columns / side;
        int right = ((cell % side + 1) * columns + side - 1) / side;
        for (int k = 0; k < width; k++) {
          double sum = 0;
          for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
              sum += tokens[i][(1 + y * columns + x) * width + k];
            }
          }
          pooled[i][(1 + cell) * width + k] = (float) (sum / ((bottom - top) * (right - left)));
        }
      }
    }
    return pooled;
  }

  /**
   * All tokens of an image after the final norm: {@code [1 + patches][embedDim]}, the class token
   * first, then the patches row by row.
   */
  public float[][] tokens(Pixels image) {
    return tokens(image, TOKENS);
  }

  /**
   * All tokens of an image after a block and the final norm, as {@link #tokens(Pixels)}.
   *
   * @param block from 0; one of those that the bundle was exported with
   * @throws BundleException if it was not
   */
  public float[][] tokens(Pixels image, int block) {
    String output = "tokens_block" + block;
    if (!model.has(output)) {
      int depth = manifest.architecture().depth();
      throw new BundleException(
          Manifest.FILE + " outputs",
          output,
          model.outputs(),
          block >= 0 && block < depth
              ? "export the bundle again with --layers " + block
              : "choose a block from 0 to " + (depth - 1));
    }
    return tokens(image, List.of(output));
  }

  private float[][] tokens(Pixels image, List<String> output) {
    float[] flat = model.run(List.of(image), output)[0];
    int width = embedDim();
    float[][] tokens = new float[flat.length / width][];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = Arrays.copyOfRange(flat, i * width, (i + 1) * width);
    }
    return tokens;
  }

  /**
   * A front that gathers the calls of many threads into batches: {@code
   * front.call(encoder.prepare(image))}.
   *
   * @param pooling what each gets: {@code [pooling.parts() · embedDim]}
   * @param options how it gathers; its largest batch may be larger than {@link
   *     ServingOptions#maxBatch}, which cuts it
   * @return to be closed before this encoder
   */
  public Batcher<Prepared, float[]> batched(Pooling pooling, BatchOptions options) {
    return new Batcher<>(images -> List.of(embedPrepared(images, pooling)), options);
  }

  @Override
  public void close() {
    model.close();
  }
}
