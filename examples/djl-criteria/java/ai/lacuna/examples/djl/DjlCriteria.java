package ai.lacuna.examples.djl;

import ai.djl.ModelException;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Compares or classifies images: {@code DjlCriteria ADDRESS|BUNDLE IMAGE...}. */
public final class DjlCriteria {
  private DjlCriteria() {}

  /** Prints how alike each image is to the first, or what each shows; exit code 2: it failed. */
  public static void main(String[] args) {
    System.exit(run(args, System.out, System.err));
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    if (args.length < 2) {
      err.println("usage: DjlCriteria ADDRESS|BUNDLE IMAGE...");
      return 2;
    }
    List<Path> files = Arrays.stream(args).skip(1).map(Path::of).toList();
    try {
      if (args[0].startsWith("djl:")) {
        compare(args[0], files, out);
      } else {
        classify(Path.of(args[0]), files, out);
      }
      return 0;
    } catch (IOException
        | ModelException
        | TranslateException
        | IllegalArgumentException e) { // DJL's word for an address or a file it cannot use
      err.println(e.getMessage());
      return 2;
    }
  }

  static void compare(String address, List<Path> files, PrintStream out)
      throws IOException, ModelException, TranslateException {
    Criteria<Image, float[]> criteria =
        Criteria.builder()
            .setTypes(Image.class, float[].class)
            .optModelUrls(address)
            .optArgument("pooling", "mean")
            .build();
    List<float[]> embeddings = predict(criteria, files);
    for (int i = 0; i < files.size(); i++) {
      out.printf(
          Locale.ROOT, "%.3f  %s%n", cosine(embeddings.get(0), embeddings.get(i)), files.get(i));
    }
  }

  static void classify(Path bundle, List<Path> files, PrintStream out)
      throws IOException, ModelException, TranslateException {
    if (!Files.isRegularFile(bundle.resolve("classifier.pt"))) {
      throw new NoSuchFileException(bundle + ": expected a bundle's folder with a classifier.pt");
    }
    Criteria<Image, Classifications> criteria =
        Criteria.builder()
            .setTypes(Image.class, Classifications.class)
            .optModelPath(bundle)
            .optModelName("classifier")
            .optArgument("translatorFactory", "ai.lacuna.djl.LacunaTranslatorFactory")
            .build();
    List<Classifications> answers = predict(criteria, files);
    for (int i = 0; i < files.size(); i++) {
      Classifications.Classification best = answers.get(i).best();
      out.printf(
          Locale.ROOT, "%.3f  %s  %s%n", best.getProbability(), best.getClassName(), files.get(i));
    }
  }

  private static <O> List<O> predict(Criteria<Image, O> criteria, List<Path> files)
      throws IOException, ModelException, TranslateException {
    List<Image> images = new ArrayList<>();
    for (Path file : files) {
      if (!Files.isReadable(file)) {
        throw new NoSuchFileException(file + ": expected an image, found no file to read");
      }
      images.add(ImageFactory.getInstance().fromFile(file));
    }
    try (ZooModel<Image, O> model = criteria.loadModel();
        Predictor<Image, O> predictor = model.newPredictor()) {
      return predictor.batchPredict(images);
    }
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    return dot / Math.sqrt(aa * bb);
  }
}
