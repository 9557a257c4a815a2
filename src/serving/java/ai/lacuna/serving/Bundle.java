package ai.lacuna.serving;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An exported encoder, with a classifier, regressor or segmenter if it was exported with a head: a
 * folder, a zip of one, or a folder on the class path. Each file named by the manifest was present
 * with the right size and digest when the bundle was opened. A model that keeps weights in another
 * file is refused, when it is opened.
 *
 * <pre>{@code
 * Bundle bundle = Bundle.open(Path.of("bundle"));
 * try (OnnxClassifier classifier = bundle.classifier()) {
 *   System.out.println(classifier.classify(Path.of("shirt.png"), 3));
 * }
 * }</pre>
 *
 * <p>Immutable, and owns no native memory: the models opened from it do.
 */
public final class Bundle {
  private final BundleSource source;
  private final Manifest manifest;

  private Bundle(BundleSource source, Manifest manifest) {
    this.source = source;
    this.manifest = manifest;
  }

  /**
   * Opens and verifies a bundle.
   *
   * @param path the folder with {@code manifest.json}, or a zip of it ({@code .zip} or {@code
   *     .jar}), whose models are then read into memory, as are those of a folder that is in another
   *     file system than the default one; a zip in another file system is refused
   * @throws BundleException if a file is missing, of another size or digest, or misnamed
   * @throws IOException if a file cannot be read
   */
  public static Bundle open(Path path) throws IOException {
    return open(
        Files.isRegularFile(path) ? BundleSource.Archive.of(path) : new BundleSource.Folder(path));
  }

  /**
   * Opens and verifies a bundle on the class path, as in a shaded or a Spring Boot jar; its models
   * are read into memory.
   *
   * @param folder its place, such as {@code models/shirts}
   * @param loader whose class path, such as {@code getClass().getClassLoader()}
   * @throws BundleException if a file is missing, of another size or digest, or misnamed
   * @throws IOException if a file cannot be read
   */
  public static Bundle openResource(String folder, ClassLoader loader) throws IOException {
    return open(new BundleSource.Resources(loader, folder));
  }

  /**
   * Opens and verifies a bundle that was put into the cache by {@code lacuna export --cached}.
   *
   * @param name the name of the zoo's entry
   * @throws BundleException if it is not there, or is not sound
   * @throws IOException if a file cannot be read
   * @see CacheFolder
   */
  public static Bundle openCached(String name) throws IOException {
    if (!BundleVerification.PLAIN_NAME.matcher(name).matches()) {
      throw new BundleException(
          "name", "a plain name of letters, digits, '.', '_' and '-'", name, "give a zoo's name");
    }
    Path folder = CacheFolder.bundle(name);
    if (!Files.isDirectory(folder)) {
      throw new BundleException(
          folder.toString(),
          "the exported bundle of " + name,
          "nothing",
          "run: lacuna export --encoder " + name + " --cached");
    }
    return open(folder);
  }

  private static Bundle open(BundleSource source) throws IOException {
    return new Bundle(source, BundleVerification.of(source));
  }

  /** Where the bundle lies, for messages. */
  public String location() {
    return source.location();
  }

  /** What the bundle holds. */
  public Manifest manifest() {
    return manifest;
  }

  /** Whether {@link #classifier} works. */
  public boolean hasClassifier() {
    return manifest.files().containsKey(Manifest.CLASSIFIER_ONNX);
  }

  /** Whether {@link #regressor} works. */
  public boolean hasRegressor() {
    return manifest.files().containsKey(Manifest.REGRESSOR_ONNX);
  }

  /** Whether {@link #segmenter} works. */
  public boolean hasSegmenter() {
    return manifest.files().containsKey(Manifest.SEGMENTER_ONNX);
  }

  /**
   * A file of the bundle, if the manifest names it and it lies in a folder on disk.
   *
   * @return its path; empty for all files of a zip or of the class path
   */
  public Optional<Path> find(String file) {
    return manifest.files().containsKey(file) ? source.path(file) : Optional.empty();
  }

  /**
   * A file of the bundle.
   *
   * @throws BundleException if the manifest does not name it, or the bundle is no folder on disk
   */
  public Path require(String file) {
    requireNamed(file);
    return source
        .path(file)
        .orElseThrow(
            () ->
                new BundleException(
                    source.describe(file),
                    "a file of its own",
                    "one inside an archive",
                    "unpack the bundle and open the folder"));
  }

  private Manifest.FileEntry requireNamed(String file) {
    Manifest.FileEntry entry = manifest.files().get(file);
    if (entry == null) {
      throw new BundleException(
          Manifest.FILE + " files",
          file,
          String.join(", ", manifest.files().keySet()),
          remedy(file));
    }
    return entry;
  }

  /**
   * A model for ONNX Runtime: by its path where it has one, else read into memory and checked
   * again.
   */
  OnnxSession.Model model(String file) {
    Manifest.FileEntry entry = requireNamed(file);
    Manifest.FileEntry weights = manifest.files().get(file + ".data");
    long size = entry.size() + (weights == null ? 0 : weights.size());
    Optional<Path> path = source.path(file);
    if (path.isPresent()) {
      try {
        ExternalData.requireListed(path.get(), file, manifest.files().keySet());
      } catch (IOException e) {
        throw new UncheckedIOException(source.describe(file) + ": " + e.getMessage(), e);
      }
      return new OnnxSession.Model(path, ByteBuffer.allocate(0), size);
    }
    if (weights != null) {
      // ONNX Runtime would look for it where the process was started, and nobody has checked that.
      throw new BundleException(
          source.describe(file + ".data"),
          "weights in a folder on disk, for a model that keeps them in a file of their own",
          "them inside an archive",
          "unpack the bundle and open the folder");
    }
    if (entry.size() > Integer.MAX_VALUE) {
      throw new BundleException(
          source.describe(file),
          "at most 2 GiB inside an archive",
          entry.size() + " bytes",
          "unpack the bundle and open the folder");
    }
    ByteBuffer bytes = ByteBuffer.allocateDirect((int) entry.size());
    try (InputStream in = source.require(file);
        DigestInputStream digest = new DigestInputStream(in, Sha256.digest())) {
      ReadableByteChannel channel = Channels.newChannel(digest);
      int read = 0;
      while (read >= 0 && bytes.hasRemaining()) {
        read = channel.read(bytes);
      }
      BundleVerification.requireDigest(file, entry, Sha256.hex(digest.getMessageDigest().digest()));
    } catch (IOException e) {
      throw new UncheckedIOException(source.describe(file) + ": " + e.getMessage(), e);
    }
    return new OnnxSession.Model(path, bytes.flip(), size);
  }

  private String remedy(String file) {
    if (hasSegmenter() && (file.startsWith("classifier") || file.startsWith("regressor"))) {
      return "this bundle gives each pixel a class, open its segmenter";
    }
    if (file.startsWith("segmenter")) {
      return "export a run of lacuna segment";
    }
    if (file.startsWith("classifier")) {
      return hasRegressor()
          ? "this bundle predicts values, open its regressor"
          : "export the bundle with a trained head to classify";
    }
    if (file.startsWith("regressor")) {
      return hasClassifier()
          ? "this bundle classifies, open its classifier"
          : "export the bundle with a head that predicts values";
    }
    return "export the bundle again";
  }

  /**
   * The variants of the encoder that can be opened, {@code float32} first. Of these, {@code int8}
   * measures its ranges over the images of each call, so that the answer for an image depends a
   * little on those that are run with it, in a list or through a batching front; the others' do
   * not.
   */
  public List<String> variants() {
    List<String> names = new ArrayList<>(List.of(Variant.FLOAT32));
    String start = Manifest.ENCODER_ONNX.substring(0, Manifest.ENCODER_ONNX.indexOf('.') + 1);
    for (String file : manifest.files().keySet()) {
      boolean other = file.startsWith(start) && file.endsWith(".onnx");
      if (other && !file.equals(Manifest.ENCODER_ONNX)) {
        names.add(file.substring(start.length(), file.length() - ".onnx".length()));
      }
    }
    return List.copyOf(names);
  }

  /**
   * The name of a model's file in a variant.
   *
   * @throws BundleException if the bundle has no such variant
   */
  String modelFile(String file, String variant) {
    if (!variants().contains(variant)) {
      throw new BundleException(
          "variant",
          String.join(", ", variants()),
          variant,
          "choose one of these, or export the bundle with it");
    }
    return Variant.fileOf(file, variant);
  }

  /** Opens the encoder on the CPU; the caller closes it. */
  public OnnxEncoder encoder() {
    return encoder(ServingOptions.defaults());
  }

  /** Opens the encoder in a variant such as {@code int8} on the CPU; the caller closes it. */
  public OnnxEncoder encoder(String variant) {
    return encoder(variant, ServingOptions.defaults());
  }

  /** Opens the encoder; the caller closes it. */
  public OnnxEncoder encoder(ServingOptions options) {
    return encoder(Variant.FLOAT32, options);
  }

  /**
   * Opens the encoder in a variant; the caller closes it.
   *
   * @param variant such as {@code int8}; see {@link #variants}
   * @throws BundleException if the bundle has none
   */
  public OnnxEncoder encoder(String variant, ServingOptions options) {
    return new OnnxEncoder(this, variant, options);
  }

  /** Opens the classifier on the CPU; the caller closes it. */
  public OnnxClassifier classifier() {
    return classifier(ServingOptions.defaults());
  }

  /**
   * Opens the classifier; the caller closes it.
   *
   * @throws BundleException if the bundle has none, or its labels do not fit it
   */
  public OnnxClassifier classifier(ServingOptions options) {
    return classifier(Variant.FLOAT32, options);
  }

  /**
   * Opens the classifier in a variant; the caller closes it.
   *
   * @param variant such as {@code int8}; see {@link #variants}
   * @throws BundleException if the bundle has none
   */
  public OnnxClassifier classifier(String variant, ServingOptions options) {
    return new OnnxClassifier(this, variant, options);
  }

  /** Opens what predicts values on the CPU; the caller closes it. */
  public OnnxRegressor regressor() {
    return regressor(ServingOptions.defaults());
  }

  /**
   * Opens what predicts values; the caller closes it.
   *
   * @throws BundleException if the bundle has none, or its names do not fit it
   */
  public OnnxRegressor regressor(ServingOptions options) {
    return regressor(Variant.FLOAT32, options);
  }

  /**
   * Opens what predicts values in a variant; the caller closes it.
   *
   * @param variant such as {@code int8}; see {@link #variants}
   * @throws BundleException if the bundle has none
   */
  public OnnxRegressor regressor(String variant, ServingOptions options) {
    return new OnnxRegressor(this, variant, options);
  }

  /** Opens what gives each pixel a class on the CPU; the caller closes it. */
  public OnnxSegmenter segmenter() {
    return segmenter(ServingOptions.defaults());
  }

  /**
   * Opens what gives each pixel a class; the caller closes it.
   *
   * @throws BundleException if the bundle has none, or its labels do not fit it
   */
  public OnnxSegmenter segmenter(ServingOptions options) {
    return segmenter(Variant.FLOAT32, options);
  }

  /**
   * Opens what gives each pixel a class in a variant; the caller closes it.
   *
   * @param variant such as {@code int8}; see {@link #variants}
   * @throws BundleException if the bundle has none
   */
  public OnnxSegmenter segmenter(String variant, ServingOptions options) {
    return new OnnxSegmenter(this, variant, options);
  }
}
