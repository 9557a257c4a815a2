package ai.lacuna.examples.serve;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.Prediction;
import ai.lacuna.serving.ServingOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Classifies image files: {@code ServeBundle BUNDLE IMAGE...}. */
public final class ServeBundle {
  private static final int TOP_K = 3;

  private ServeBundle() {}

  /** Prints the three most probable classes of each image; exit code 2 says that one failed. */
  public static void main(String[] args) {
    System.exit(run(args, System.out, System.err));
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    if (args.length < 2) {
      err.println("usage: ServeBundle BUNDLE IMAGE...");
      return 2;
    }
    List<Path> images = Arrays.stream(args).skip(1).map(Path::of).toList();
    // "cuda" falls back to the CPU where there is none, and says so.
    ServingOptions options =
        ServingOptions.defaults().withDevice(System.getProperty("device", "cpu"));
    try (OnnxClassifier classifier = Bundle.open(Path.of(args[0])).classifier(options)) {
      for (Path image : images) {
        out.println(image);
        for (Prediction prediction : classifier.classify(image, TOP_K)) {
          out.printf("  %5.1f %%  %s%n", 100 * prediction.probability(), prediction.label());
        }
      }
      return 0;
    } catch (BundleException | ImageException | IOException e) {
      err.println(e.getMessage());
      return 2;
    }
  }
}
