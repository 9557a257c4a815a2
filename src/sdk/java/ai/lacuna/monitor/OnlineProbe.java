package ai.lacuna.monitor;

import ai.djl.Device;
import ai.lacuna.data.HeldOut;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Subset;
import ai.lacuna.data.WithStandIns;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.probe.FeatureCache;
import ai.lacuna.probe.FeatureTable;
import ai.lacuna.probe.NearestNeighbours;
import ai.lacuna.probe.ProbeProgress;
import ai.lacuna.probe.QuickLinearProbe;
import ai.lacuna.serving.Pooling;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What an encoder in training is worth, by class token and mean of the last block of labelled
 * training images. Labels are used here only; the test images are not looked at.
 */
public final class OnlineProbe {
  private static final int MOST_KNOWN = 10_000;
  private static final int MOST_QUERIES = 2_000;

  private final PretrainConfig config;
  private final ImageDataset known;
  private final ImageDataset queries;
  private final Device device;
  private final Set<Method> methods;

  /** How features are judged. */
  public enum Method {
    /** Nearest neighbours: {@link NearestNeighbours#published}. */
    KNN,
    /** Logistic regression: {@link QuickLinearProbe#usual}. */
    LINEAR;

    /** The figure's name in records: {@code knn} or {@code linear}. */
    public String figure() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Prepares a probe.
   *
   * @param config the configuration of the run
   * @param parts labelled training data: queries are of the held-out part; at most 10,000 and 2,000
   *     images are used, spread evenly; for a damaged one stands another of its class
   * @param device where the encoder runs
   * @param methods how features are judged
   */
  public OnlineProbe(PretrainConfig config, HeldOut parts, Device device, Set<Method> methods) {
    this.config = config;
    this.known = WithStandIns.of(spread(parts.kept(), MOST_KNOWN));
    this.queries = WithStandIns.of(spread(parts.heldOut(), MOST_QUERIES));
    this.device = device;
    this.methods = Set.copyOf(methods);
  }

  private static ImageDataset spread(ImageDataset data, int most) {
    if (data.size() <= most) {
      return data;
    }
    int[] indices =
        IntStream.range(0, most).map(i -> (int) ((long) i * data.size() / most)).toArray();
    return Subset.of(data, indices, data.name() + ", " + most + " of them");
  }

  /**
   * Judges weights.
   *
   * @param weights all parameters of encoder and decoder
   * @return by {@link Method#figure}, the share of held-out images that get their label, 0 to 1
   * @throws IOException if an image can't be read
   */
  public Map<String, Double> accuracies(NamedTensors weights) throws IOException {
    Map<String, Double> figures = new TreeMap<>();
    try (Encoder encoder = RunEncoder.of("run", config, weights, device)) {
      FeatureTable table = features(encoder, known);
      FeatureTable asked = features(encoder, queries);
      for (Method method : methods) {
        figures.put(
            method.figure(),
            method == Method.KNN
                ? NearestNeighbours.published().accuracy(table, asked, device)
                : QuickLinearProbe.usual().accuracy(table, asked, device));
      }
    }
    return figures;
  }

  private static FeatureTable features(Encoder encoder, ImageDataset data) throws IOException {
    return FeatureCache.none()
        .features(
            encoder,
            data,
            List.of(encoder.config().depth() - 1),
            Pooling.CLS_MEAN,
            ProbeProgress.silent(),
            "features");
  }
}
