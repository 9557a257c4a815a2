package ai.lacuna.serving;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An exported encoder in a directory, with a classifier or a regressor if it was exported with a
 * head. Each file named by the manifest was present with the right size and digest when the bundle
 * was opened.
 *
 * <p>Immutable, and owns no native memory: the models opened from it do.
 */
public final class Bundle {
  private static final long MAX_MANIFEST = 16L << 20;
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final byte[] LFS_POINTER =
      "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

  private final Path directory;
  private final Manifest manifest;

  private Bundle(Path directory, Manifest manifest) {
    this.directory = directory;
    this.manifest = manifest;
  }

  /**
   * Opens and verifies a bundle.
   *
   * @param directory the folder with {@code manifest.json}
   * @throws BundleException if a file is missing, of another size or digest, or misnamed
   * @throws IOException if a file cannot be read
   */
  public static Bundle open(Path directory) throws IOException {
    Manifest manifest = readManifest(directory);
    if (manifest.files().isEmpty()) {
      throw new BundleException(
          Manifest.FILE + " files", "at least one file", "none", "export the bundle again");
    }
    for (Map.Entry<String, Manifest.FileEntry> entry : manifest.files().entrySet()) {
      verify(directory, entry.getKey(), entry.getValue());
    }
    return new Bundle(directory, manifest);
  }

  /** Where the bundle lies. */
  public Path directory() {
    return directory;
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

  /** A file of the bundle, if the manifest names it. */
  public Optional<Path> find(String file) {
    return manifest.files().containsKey(file)
        ? Optional.of(directory.resolve(file))
        : Optional.empty();
  }

  /**
   * A file of the bundle.
   *
   * @throws BundleException if the manifest does not name it
   */
  public Path require(String file) {
    return find(file)
        .orElseThrow(
            () ->
                new BundleException(
                    Manifest.FILE + " files",
                    file,
                    String.join(", ", manifest.files().keySet()),
                    remedy(file)));
  }

  private String remedy(String file) {
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

  /** The variants of the encoder that can be opened, {@code float32} first. */
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

  private static Manifest readManifest(Path directory) throws IOException {
    Path file = directory.resolve(Manifest.FILE);
    if (!Files.isRegularFile(file)) {
      throw new BundleException(
          file.toString(),
          "the manifest of a bundle",
          Files.isDirectory(directory) ? "a folder without one" : "no such folder",
          "give the folder that lacuna export wrote");
    }
    long size = Files.size(file);
    if (size > MAX_MANIFEST) {
      throw new BundleException(
          file.toString(),
          "at most " + MAX_MANIFEST + " bytes",
          size + " bytes",
          "give the folder that lacuna export wrote");
    }
    return Manifest.fromJson(
        new String(Files.readAllBytes(file), StandardCharsets.UTF_8), Manifest.FILE);
  }

  private static void verify(Path directory, String name, Manifest.FileEntry entry)
      throws IOException {
    if (!PLAIN_NAME.matcher(name).matches()) {
      throw new BundleException(
          Manifest.FILE + " files",
          "plain file names of letters, digits, '.', '_' and '-'",
          name,
          "do not use this bundle: it points outside its folder");
    }
    if (!DIGEST.matcher(entry.sha256()).matches()) {
      throw new BundleException(
          Manifest.FILE + " files " + name + " sha256",
          "64 lower-case hexadecimal digits",
          entry.sha256(),
          "export the bundle again");
    }
    Path file = directory.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new BundleException(name, "a file", "nothing", "copy the whole bundle again");
    }
    long size = Files.size(file);
    if (size != entry.size()) {
      boolean pointer = isPointer(file);
      throw new BundleException(
          name,
          entry.size() + " bytes",
          size + " bytes" + (pointer ? ", a Git LFS pointer" : ""),
          pointer ? "run git lfs pull" : "copy the whole bundle again");
    }
    String sha256 = Sha256.of(file);
    if (!sha256.equals(entry.sha256())) {
      throw new BundleException(
          name, "sha256 " + entry.sha256(), "sha256 " + sha256, "copy the whole bundle again");
    }
  }

  private static boolean isPointer(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(LFS_POINTER.length), LFS_POINTER);
    }
  }
}
