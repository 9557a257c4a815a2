package ai.lacuna.monitor;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Subset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.probe.FeatureCache;
import ai.lacuna.probe.FeatureTable;
import ai.lacuna.probe.NearestNeighbours;
import ai.lacuna.probe.ProbeProgress;
import ai.lacuna.serving.Pooling;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What an encoder in training is worth: nearest neighbours ({@link NearestNeighbours#published}) on
 * class token and mean of the last block, over labelled training images. Labels are used here only;
 * the test images are not looked at.
 */
public final class OnlineProbe {
  private static final int MOST_KNOWN = 10_000;
  private static final int MOST_QUERIES = 2_000;

  private final PretrainConfig config;
  private final ImageDataset known;
  private final ImageDataset queries;
  private final Device device;

  /**
   * Prepares a probe.
   *
   * @param config the configuration of the run
   * @param parts labelled training data: queries are of the held-out part; at most 10,000 and 2,000
   *     images are used, spread evenly
   * @param device where the encoder runs
   */
  public OnlineProbe(PretrainConfig config, HeldOut parts, Device device) {
    this.config = config;
    this.known = spread(parts.kept(), MOST_KNOWN);
    this.queries = spread(parts.heldOut(), MOST_QUERIES);
    this.device = device;
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
   * @return the share of held-out images that get their label, 0 to 1
   * @throws IOException if an image can't be read
   */
  public double accuracy(NamedTensors weights) throws IOException {
    try (Encoder encoder = RunEncoder.of("run", config, weights, device)) {
      return NearestNeighbours.published()
          .accuracy(features(encoder, known), features(encoder, queries), device);
    }
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
