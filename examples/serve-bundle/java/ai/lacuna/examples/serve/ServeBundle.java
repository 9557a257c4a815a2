package ai.lacuna.examples.serve;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.Prediction;
import ai.lacuna.serving.ServingOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

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
    try (OnnxClassifier classifier = open(Path.of(args[0]))) {
      for (Path image : images) {
        out.println(image);
        for (Prediction prediction : classifier.classify(image, TOP_K)) {
          out.printf(
              Locale.ROOT, "  %5.1f %%  %s%n", 100 * prediction.probability(), prediction.label());
        }
      }
      return 0;
    } catch (NoSuchFileException e) {
      err.println(e.getFile() + ": expected an image, found no file; check the path");
      return 2;
    } catch (BundleException
        | ImageException
        | IllegalArgumentException // a device that is none
        | IOException e) {
      err.println(e.getMessage());
      return 2;
    }
  }

  private static OnnxClassifier open(Path bundle) throws IOException {
    // "cuda" falls back to the CPU where there is none, and says so.
    String device = System.getProperty("device", "cpu");
    return Bundle.open(bundle).classifier(ServingOptions.defaults().withDevice(device));
  }
}
