package ai.lacuna.probe;

import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computes the features of a data set once, and keeps them in files if told where.
 *
 * <p>A file's name is a digest of the encoder's weights, its architecture and preprocessing, the
 * blocks, the pooling, and the data; so a file is never stale. It appears whole or not at all, and
 * a damaged one is computed again.
 */
public final class FeatureCache {
  private static final Logger LOG = LoggerFactory.getLogger(FeatureCache.class);
  private static final String FEATURES = "features";
  private static final int IMAGES_AT_ONCE = 256;

  private final Optional<Path> folder;

  private FeatureCache(Optional<Path> folder) {
    this.folder = folder;
  }

  /**
   * Keeps nothing on disk.
   *
   * @return the cache
   */
  public static FeatureCache none() {
    return new FeatureCache(Optional.empty());
  }

  /**
   * Keeps features as safetensors files, 4 bytes per feature and image.
   *
   * @param folder where; made when needed
   * @return the cache
   */
  public static FeatureCache in(Path folder) {
    return new FeatureCache(Optional.of(folder));
  }

  /**
   * Finds or computes the features of all images.
   *
   * @param encoder the encoder
   * @param data the images
   * @param blocks whose features, from 0, concatenated in this order
   * @param pooling how the tokens of a block become features
   * @param progress hears how many images are done
   * @param stage what to call this in the progress
   * @return the features, in the order of the data
   * @throws DataException if the data is empty or a sample cannot be read
   * @throws IOException if the cache or the data cannot be read
   */
  public FeatureTable features(
      Encoder encoder,
      ImageDataset data,
      List<Integer> blocks,
      Pooling pooling,
      ProbeProgress progress,
      String stage)
      throws IOException {
    if (data.size() == 0) {
      throw new DataException(data.name() + ": expected images, found none; check the data's path");
    }
    int[] labels = new int[data.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = data.label(i);
    }
    if (folder.isEmpty()) {
      return compute(encoder, data, blocks, pooling, labels, progress, stage);
    }
    Path file = folder.get().resolve(key(encoder, data, blocks, pooling) + ".safetensors");
    Optional<FeatureTable> kept = read(file, labels);
    if (kept.isPresent()) {
      progress.update(stage, labels.length, labels.length);
      return kept.get();
    }
    FeatureTable table = compute(encoder, data, blocks, pooling, labels, progress, stage);
    Files.createDirectories(folder.get());
    Tensor tensor = Tensor.of(table.values(), table.rows(), table.columns());
    Safetensors.write(
        file,
        NamedTensors.builder().add(FEATURES, tensor).build(),
        Map.of("encoder", encoder.name(), "data", data.name(), "blocks", blocks.toString()));
    return table;
  }

  private static Optional<FeatureTable> read(Path file, int[] labels) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      Tensor tensor = Safetensors.read(file).require(FEATURES);
      int columns = Math.toIntExact(tensor.numel() / labels.length);
      return Optional.of(FeatureTable.of(tensor.toFloats(), columns, labels));
    } catch (WeightsException | IllegalArgumentException e) {
      LOG.warn("{}: damaged, computing the features again ({})", file, e.getMessage());
      return Optional.empty();
    }
  }

  private static String key(
      Encoder encoder, ImageDataset data, List<Integer> blocks, Pooling pooling)
      throws IOException {
    String key =
        String.join(
            "\n",
            "v1",
            encoder.weights().sha256(),
            encoder.config().toString(),
            encoder.preprocessing().toString(),
            blocks.toString(),
            pooling.label(),
            data.fingerprint());
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static FeatureTable compute(
      Encoder encoder,
      ImageDataset data,
      List<Integer> blocks,
      Pooling pooling,
      int[] labels,
      ProbeProgress progress,
      String stage) {
    int columns = blocks.size() * encoder.embedDim() * pooling.parts();
    if ((long) columns * labels.length > Integer.MAX_VALUE - 8) {
      throw new ProbeException(
          "%s: expected fewer than 2^31 features, found %d images of %d; take fewer blocks or images"
              .formatted(data.name(), labels.length, columns));
    }
    float[] values = new float[columns * labels.length];
    for (int first = 0; first < labels.length; first += IMAGES_AT_ONCE) {
      progress.update(stage, first, labels.length);
      int end = Math.min(labels.length, first + IMAGES_AT_ONCE);
      List<Pixels> images =
          IntStream.range(first, end).parallel().mapToObj(i -> prepared(encoder, data, i)).toList();
      float[][] rows = encoder.features(images, blocks, pooling);
      for (int i = 0; i < rows.length; i++) {
        System.arraycopy(rows[i], 0, values, (first + i) * columns, columns);
      }
    }
    progress.update(stage, labels.length, labels.length);
    return FeatureTable.of(values, columns, Arrays.copyOf(labels, labels.length));
  }

  private static Pixels prepared(Encoder encoder, ImageDataset data, int index) {
    try {
      return data.get(index).pixels().withChannels(encoder.preprocessing().channels());
    } catch (IOException | RuntimeException e) {
      throw new DataException("%s, sample %d: %s".formatted(data.name(), index, e.getMessage()), e);
    }
  }
}
