package ai.lacuna.examples.duplicates;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Prepared;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Prints pairs of images that are alike: {@code NearDuplicates BUNDLE FOLDER [COSINE]}. */
public final class NearDuplicates {
  private static final Pattern IMAGE = Pattern.compile(".*\\.(jpe?g|png|webp|gif|bmp|tiff?)");
  private static final int BATCH = 64;
  private static final double LEAST = 0.98;

  /** Two images and the cosine of their embeddings. */
  record Pair(Path first, Path second, double cosine) {}

  private NearDuplicates() {}

  /** Exit code 2 says that nothing could be compared. */
  public static void main(String[] args) {
    System.exit(run(args, System.out, System.err));
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    boolean isCosine = args.length < 3 || args[2].matches("[01]|[01]?\\.[0-9]+");
    if (args.length < 2 || args.length > 3 || !isCosine || !Files.isDirectory(Path.of(args[1]))) {
      err.println("usage: NearDuplicates BUNDLE FOLDER [COSINE], the least cosine, 0 to 1");
      return 2;
    }
    double least = args.length > 2 ? Double.parseDouble(args[2]) : LEAST;
    try (OnnxEncoder encoder = Bundle.open(Path.of(args[0])).encoder()) {
      for (Pair pair : find(encoder, Path.of(args[1]), least, err)) {
        out.printf(Locale.ROOT, "%.4f  %s  %s%n", pair.cosine(), pair.first(), pair.second());
      }
      return 0;
    } catch (BundleException | IOException e) {
      err.println(e.getMessage());
      return 2;
    }
  }

  /** The pairs at least so much alike, the most alike first. */
  static List<Pair> find(OnnxEncoder encoder, Path folder, double least, PrintStream err)
      throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files =
          all.filter(f -> IMAGE.matcher(f.toString().toLowerCase(Locale.ROOT)).matches())
              .sorted()
              .toList();
    }
    List<Path> named = new ArrayList<>();
    List<float[]> units = new ArrayList<>();
    List<Prepared> batch = new ArrayList<>();
    for (Path file : files) {
      try {
        batch.add(encoder.prepare(Pixels.read(file)));
        named.add(file);
      } catch (ImageException e) {
        err.println("left out: " + e.getMessage());
      }
      if (batch.size() == BATCH) {
        embed(encoder, batch, units);
      }
    }
    embed(encoder, batch, units);
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < units.size(); i++) {
      for (int j = i + 1; j < units.size(); j++) {
        double cosine = dot(units.get(i), units.get(j));
        if (cosine >= least) {
          pairs.add(new Pair(named.get(i), named.get(j), cosine));
        }
      }
    }
    pairs.sort(Comparator.comparingDouble(Pair::cosine).reversed());
    return pairs;
  }

  /** Appends the batch's embeddings at length 1, and empties it. */
  private static void embed(OnnxEncoder encoder, List<Prepared> batch, List<float[]> units) {
    for (float[] embedding : encoder.embedPrepared(batch, Pooling.MEAN)) {
      float length = (float) Math.sqrt(dot(embedding, embedding));
      for (int k = 0; k < embedding.length; k++) {
        embedding[k] /= length;
      }
      units.add(embedding);
    }
    batch.clear();
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }
}
