package ai.lacuna.serving;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An encoder with a head that predicts numbers in ONNX Runtime: images in, values out, in the units
 * that they were learned in.
 *
 * <pre>{@code
 * try (OnnxRegressor regressor = OnnxRegressor.open(Path.of("bundle"))) {
 *   System.out.println(regressor.values(Pixels.read(Path.of("part.png")))); // {width=0.25, ...}
 * }
 * }</pre>
 *
 * <p>Threads and ownership as {@link OnnxEncoder}.
 */
public final class OnnxRegressor implements AutoCloseable {
  private static final String VALUES = "values";

  private final OnnxModel model;
  private final Manifest manifest;

  OnnxRegressor(Bundle bundle, String variant, ServingOptions options) {
    this.manifest = bundle.manifest();
    this.model = new OnnxModel(bundle, bundle.modelFile(Manifest.REGRESSOR_ONNX, variant), options);
    try {
      requireWidth(manifest.labels().size());
    } catch (BundleException e) {
      model.close();
      throw e;
    }
  }

  private void requireWidth(int names) {
    long[] shape = model.shape(VALUES);
    if (shape.length == 2 && shape[1] > 0 && shape[1] != names) {
      throw new BundleException(
          Manifest.FILE + " labels",
          shape[1] + " names, as many as there are values",
          String.valueOf(names),
          "export the bundle again");
    }
    model.requireValueEach(VALUES, names);
  }

  /**
   * Opens what a bundle predicts values with, on the CPU.
   *
   * @throws BundleException if the bundle is not sound, or predicts no values
   */
  public static OnnxRegressor open(Path bundle) throws IOException {
    return Bundle.open(bundle).regressor();
  }

  /** What the bundle says of itself. */
  public Manifest manifest() {
    return manifest;
  }

  /** Names of the values in order of their index. */
  public List<String> names() {
    return manifest.labels();
  }

  /** Where it runs: {@code cpu} or {@code cuda:n}. */
  public String device() {
    return model.device();
  }

  /**
   * The values of an image by name, in order of their index.
   *
   * @throws BundleException if one is NaN or infinite
   */
  public Map<String, Float> values(Pixels image) {
    float[] row = values(List.of(image))[0];
    Map<String, Float> values = new LinkedHashMap<>();
    for (int i = 0; i < row.length; i++) {
      values.put(names().get(i), row[i]);
    }
    return Collections.unmodifiableMap(values);
  }

  /**
   * The values of each image: {@code [images][values]}.
   *
   * @throws BundleException if one is NaN or infinite
   */
  public float[][] values(List<Pixels> images) {
    return model.requireFinite(model.run(images, List.of(VALUES)), VALUES);
  }

  @Override
  public void close() {
    model.close();
  }
}
