package ai.lacuna.djl;

import ai.djl.Model;
import ai.djl.modality.Classifications;
import ai.lacuna.encoder.PoolingSet;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pooling;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which network of a bundle DJL has loaded.
 *
 * @param manifest of the bundle
 * @param archive the network's file
 */
record LoadedNetwork(Manifest manifest, String archive) {
  private static final String POOLING = "pooling";
  private static final String TOP_K = "topK";

  /**
   * Finds out by the model's folder and name; every file of the folder is checked.
   *
   * @throws ai.lacuna.serving.BundleException if the folder is no sound bundle
   * @throws IllegalArgumentException if it has several networks and none of the model's name
   */
  static LoadedNetwork of(Model model) throws IOException {
    Path folder = model.getModelPath();
    Manifest manifest = Bundle.open(folder).manifest();
    String named = model.getName() + ".pt";
    List<String> archives =
        manifest.files().keySet().stream().filter(file -> file.endsWith(".pt")).toList();
    // Where DJL finds no archive of the model's name it takes that of the folder's, the zoo's name.
    for (String archive : List.of(named, manifest.name() + ".pt")) {
      if (archives.contains(archive)) {
        return new LoadedNetwork(manifest, archive);
      }
    }
    if (archives.size() != 1) {
      throw new IllegalArgumentException(
          "%s: expected a model named as one of %s, found %s; say which by optModelName"
              .formatted(folder, archives, model.getName()));
    }
    return new LoadedNetwork(manifest, archives.get(0));
  }

  private boolean isClassifier() {
    boolean ofZoo = hasHead() && manifest.target() != Manifest.Target.VALUES;
    return archive.equals(Manifest.CLASSIFIER_PT) || ofZoo;
  }

  private boolean isRegressor() {
    boolean ofZoo = hasHead() && manifest.target() == Manifest.Target.VALUES;
    return archive.equals(Manifest.REGRESSOR_PT) || ofZoo;
  }

  /** A fine-tuned network of the zoo. */
  private boolean hasHead() {
    return archive.equals(manifest.name() + ".pt") && !manifest.labels().isEmpty();
  }

  /**
   * @throws IllegalArgumentException if the network gives another type
   */
  void requireOutput(Class<?> output) {
    Class<?> expected = isClassifier() ? Classifications.class : float[].class;
    if (output != expected) {
      Set<String> files = manifest.files().keySet();
      boolean other = files.contains(isClassifier() ? Manifest.ENCODER_PT : Manifest.CLASSIFIER_PT);
      String remedy = isClassifier() ? "encoder" : "classifier";
      throw new IllegalArgumentException(
          "%s: expected setTypes(..., %s.class), found %s.class%s"
              .formatted(
                  archive,
                  expected.getSimpleName(),
                  output.getSimpleName(),
                  other ? "; or say optModelName(\"" + remedy + "\")" : ""));
    }
  }

  /**
   * A translator to what the network gives.
   *
   * @throws IllegalArgumentException if an argument is none
   */
  <I> NetworkTranslator<I, ?> translator(PixelReader<I> reader, Map<String, ?> arguments) {
    if (isClassifier()) {
      int topK = integer(arguments);
      boolean exclusive = manifest.target() == Manifest.Target.CLASSES;
      List<String> labels = manifest.labels();
      return new NetworkTranslator<>(
          reader,
          manifest.preprocessing(),
          "forward",
          logits -> Probabilities.classifications(logits, exclusive, labels, topK));
    }
    if (isRegressor()) {
      return new NetworkTranslator<>(reader, manifest.preprocessing(), "forward", values -> values);
    }
    Pooling pooling = Pooling.of(text(arguments, POOLING).orElse(Pooling.CLS_MEAN.label()));
    PoolingSet set = PoolingSet.covering(Set.of(pooling));
    return new NetworkTranslator<>(
        reader,
        manifest.preprocessing(),
        set.function(),
        values -> lastBlock(values, set, set.rows(pooling)));
  }

  /** Of [depth, rows, D] some rows of the last block. */
  private float[] lastBlock(float[] values, PoolingSet set, List<Integer> rows) {
    int dim = manifest.architecture().embedDim();
    int first = values.length / dim - set.rows();
    float[] selected = new float[rows.size() * dim];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(values, (first + rows.get(i)) * dim, selected, i * dim, dim);
    }
    return selected;
  }

  private static Optional<String> text(Map<String, ?> arguments, String key) {
    return Optional.ofNullable(arguments.get(key)).map(Object::toString);
  }

  private static int integer(Map<String, ?> arguments) {
    String text = text(arguments, TOP_K).orElse("5");
    try {
      // DJL's JSON makes 5.0 of 5.
      int number = (int) Double.parseDouble(text);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Refused below.
    }
    throw new IllegalArgumentException(TOP_K + ": expected an integer above 0, found " + text);
  }
}
