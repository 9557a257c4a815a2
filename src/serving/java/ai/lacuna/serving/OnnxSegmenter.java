package ai.lacuna.serving;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An encoder with a dense head in ONNX Runtime: images of any size in, a class for each of their
 * pixels out.
 *
 * <pre>{@code
 * try (OnnxSegmenter segmenter = OnnxSegmenter.open(Path.of("bundle"))) {
 *   int[][] classes = segmenter.classMap(Pixels.read(Path.of("street.jpg")));
 *   System.out.println(segmenter.classes().get(classes[0][0])); // at the upper left: sky
 * }
 * }</pre>
 *
 * <p>A whole image is squeezed into the network's size; its logits are interpolated bilinearly to
 * the image's own size, and there the greatest one wins. Threads and ownership as {@link
 * OnnxEncoder}.
 */
public final class OnnxSegmenter implements AutoCloseable {
  private static final String LOGITS = "logits";

  /** Logits that are held at once, unless those of one image are more. */
  private static final int MOST_LOGITS = 16 << 20;

  private final OnnxModel model;
  private final Manifest manifest;
  private final long[] shape;

  OnnxSegmenter(Bundle bundle, String variant, ServingOptions options) {
    this.manifest = bundle.manifest();
    String file = bundle.modelFile(Manifest.SEGMENTER_ONNX, variant);
    this.model = new OnnxModel(bundle, file, options);
    try {
      this.shape = model.shape(LOGITS);
      requireMap(file);
    } catch (BundleException e) {
      model.close();
      throw e;
    }
  }

  private void requireMap(String file) {
    Preprocessing p = manifest.preprocessing();
    long[] expected = {-1, manifest.labels().size(), p.height(), p.width()};
    if (!Arrays.equals(shape, expected)) {
      throw new BundleException(
          file + " logits",
          "shape %s, a value for each label and pixel".formatted(Arrays.toString(expected)),
          Arrays.toString(shape),
          "export the bundle again");
    }
  }

  /**
   * Opens a bundle's segmenter on the CPU.
   *
   * @throws BundleException if the bundle is not sound, or has no segmenter
   */
  public static OnnxSegmenter open(Path bundle) throws IOException {
    return Bundle.open(bundle).segmenter();
  }

  /** What the bundle says of itself. */
  public Manifest manifest() {
    return manifest;
  }

  /** Names of the classes in order of their index. */
  public List<String> classes() {
    return manifest.labels();
  }

  /** Where it runs: {@code cpu} or {@code cuda:n}. */
  public String device() {
    return model.device();
  }

  /**
   * Says what each pixel shows.
   *
   * @param image of any size
   * @return [h, w, 1], the most likely class of each of the image's own pixels, as a byte
   * @throws ImageException if its channels cannot be converted
   * @throws BundleException if a logit is NaN or infinite: no class is the greatest then
   */
  public Pixels mask(Pixels image) {
    float[] logits = finite(List.of(image))[0];
    return new LogitMap(logits, 0, (int) shape[1], (int) shape[2], (int) shape[3])
        .mask(image.height(), image.width());
  }

  /** The classes of an image's pixels, as {@link #mask} finds them: {@code [height][width]}. */
  public int[][] classMap(Pixels image) {
    Pixels mask = mask(image);
    int[][] rows = new int[mask.height()][mask.width()];
    for (int i = 0; i < mask.data().length; i++) {
      rows[i / mask.width()][i % mask.width()] = mask.data()[i] & 0xff;
    }
    return rows;
  }

  /** The masks of several images, see {@link #mask}; a few go through the network at once. */
  public List<Pixels> masks(List<Pixels> images) {
    List<Pixels> masks = new ArrayList<>();
    int atOnce = Math.max(1, MOST_LOGITS / model.width(LOGITS));
    for (int start = 0; start < images.size(); start += atOnce) {
      List<Pixels> some = images.subList(start, Math.min(images.size(), start + atOnce));
      float[][] logits = finite(some);
      for (int i = 0; i < logits.length; i++) {
        masks.add(
            new LogitMap(logits[i], 0, (int) shape[1], (int) shape[2], (int) shape[3])
                .mask(some.get(i).height(), some.get(i).width()));
      }
    }
    return List.copyOf(masks);
  }

  private float[][] finite(List<Pixels> images) {
    return model.requireFinite(logits(images), LOGITS);
  }

  /**
   * The scores before the greatest one is taken, at the network's size, as the network gives them:
   * they may be NaN or infinite, where {@link #mask} refuses.
   *
   * @return {@code [images][classes · height · width]}, class by class, row by row
   */
  public float[][] logits(List<Pixels> images) {
    return model.run(images, List.of(LOGITS));
  }

  @Override
  public void close() {
    model.close();
  }
}
