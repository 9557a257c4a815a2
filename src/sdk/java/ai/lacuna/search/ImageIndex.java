package ai.lacuna.search;

import ai.lacuna.data.EncodedDataset;
import ai.lacuna.data.EncodedImage;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.Tensor;
import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;

/**
 * Embeddings of images, scaled to length 1, with a name for each, and the nearest ones by cosine:
 * an exact search over all of them.
 *
 * <pre>{@code
 * ImageIndex index = ImageIndex.build(encoder, ImageFolder.openUnlabelled(photos));
 * index.save(Path.of("photos.safetensors"));
 * List<ImageIndex.Hit> hits = index.nearest(encoder.embed(image), 5);
 * }</pre>
 *
 * <p>Kept as a safetensors file: {@code embeddings} float32 [images, width], names, the encoder and
 * the digest of its weights as metadata. Immutable.
 */
public final class ImageIndex {
  private static final String EMBEDDINGS = "embeddings";
  private static final String NAMES = "lacuna.names";
  private static final String ENCODER = "lacuna.encoder";
  private static final String SHA256 = "lacuna.encoder_sha256";
  private static final Gson GSON = new Gson();

  private final String encoder;
  private final String encoderSha256;
  private final List<String> names;
  private final float[] rows;
  private final int width;

  private ImageIndex(
      String encoder, String encoderSha256, List<String> names, float[] rows, int width) {
    this.encoder = encoder;
    this.encoderSha256 = encoderSha256;
    this.names = List.copyOf(names);
    this.rows = rows;
    this.width = width;
  }

  /**
   * An image that was found.
   *
   * @param index its place in the index, from 0
   * @param name where it lies
   * @param cosine of its embedding and the one searched for, −1 to 1
   */
  public record Hit(int index, String name, double cosine) {}

  /**
   * Embeds all images of a data set: class token and mean of the patch tokens after the final norm,
   * as {@link Encoder#embed(Pixels)}.
   *
   * @param encoder embeds; stays open
   * @param images those to find later
   * @return the index
   * @throws ai.lacuna.serving.ImageException if an image is damaged
   * @throws IllegalArgumentException if there are more images than an index holds: their embeddings
   *     take at most 2 GiB; or if an embedding is not finite
   * @throws IOException if one can't be read
   */
  public static ImageIndex build(Encoder encoder, ImageDataset images) throws IOException {
    return build(encoder, images, done -> {});
  }

  /**
   * As {@link #build(Encoder, ImageDataset)}, saying how far it has come.
   *
   * @param encoder embeds; stays open
   * @param images those to find later
   * @param progress hears how many images are done
   * @return the index
   * @throws ai.lacuna.serving.ImageException if an image is damaged
   * @throws IllegalArgumentException if there are more images than an index holds: their embeddings
   *     take at most 2 GiB; or if an embedding is not finite
   * @throws IOException if one can't be read
   */
  public static ImageIndex build(Encoder encoder, ImageDataset images, IntConsumer progress)
      throws IOException {
    int width = Pooling.CLS_MEAN.parts() * encoder.embedDim();
    int most = Integer.MAX_VALUE / Float.BYTES / width;
    if (images.size() > most) {
      throw new IllegalArgumentException(
          "%s: expected at most %s images for one index of embeddings of %s numbers, found %s; make an index of each part of them"
              .formatted(images.name(), most, width, images.size()));
    }
    float[] rows = new float[images.size() * width];
    List<String> names = new ArrayList<>();
    List<Pixels> batch = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      if (images instanceof EncodedDataset files) {
        EncodedImage file = files.encoded(i);
        names.add(file.name());
        batch.add(file.decode().pixels());
      } else {
        names.add(images.nameOf(i));
        batch.add(images.get(i).pixels());
      }
      if (batch.size() == encoder.batchSize() || i + 1 == images.size()) {
        float[][] embeddings = encoder.embed(batch, Pooling.CLS_MEAN);
        for (int k = 0; k < embeddings.length; k++) {
          int row = i + 1 - embeddings.length + k;
          System.arraycopy(unit(embeddings[k], names.get(row)), 0, rows, row * width, width);
        }
        batch.clear();
        progress.accept(i + 1);
      }
    }
    return new ImageIndex(encoder.name(), encoder.weights().sha256(), names, rows, width);
  }

  /** Refuses what has no direction: it would be the nearest of all. */
  private static float[] unit(float[] values, String what) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    double length = Math.sqrt(squares);
    if (!Double.isFinite(length)) {
      throw new IllegalArgumentException(
          what
              + ": expected an embedding of finite numbers, found others; check the encoder's"
              + " weights");
    }
    float[] unit = new float[values.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = length == 0 ? 0 : (float) (values[i] / length);
    }
    return unit;
  }

  /** How many images there are. */
  public int size() {
    return names.size();
  }

  /** Where each image lies, in their order. */
  public List<String> names() {
    return names;
  }

  /** What embedded them. */
  public String encoder() {
    return encoder;
  }

  /**
   * Checks that embeddings of an encoder can be compared with those here.
   *
   * @param other the encoder
   * @throws IllegalArgumentException if the index was made by another one
   */
  public void requireMadeBy(Encoder other) {
    if (!other.weights().sha256().equals(encoderSha256)) {
      throw new IllegalArgumentException(
          "index: expected the encoder that made it, %s with sha256 %.12s…, found %s with %.12s…; make it anew"
              .formatted(encoder, encoderSha256, other.name(), other.weights().sha256()));
    }
  }

  /**
   * Finds the images that are most alike.
   *
   * @param embedding of the encoder that made the index, of any length above 0
   * @param count how many at most, at least 1
   * @return from the greatest cosine down; of equal ones the earlier first
   * @throws IllegalArgumentException if the embedding has another width, or a number that is not
   *     finite, or if the count is less than 1
   */
  public List<Hit> nearest(float[] embedding, int count) {
    if (embedding.length != width || count < 1) {
      throw new IllegalArgumentException(
          "search: expected an embedding of %s numbers and a count of at least 1, found %s and %s"
              .formatted(width, embedding.length, count));
    }
    float[] wanted = unit(embedding, "search");
    Comparator<Hit> worst =
        Comparator.comparingDouble(Hit::cosine)
            .thenComparing(Comparator.comparingInt(Hit::index).reversed());
    PriorityQueue<Hit> best = new PriorityQueue<>(worst);
    for (int i = 0; i < names.size(); i++) {
      best.add(new Hit(i, names.get(i), dot(wanted, i)));
      if (best.size() > count) {
        best.poll();
      }
    }
    return best.stream().sorted(worst.reversed()).toList();
  }

  private double dot(float[] wanted, int row) {
    double sum = 0;
    int from = row * width;
    for (int k = 0; k < width; k++) {
      sum += (double) wanted[k] * rows[from + k];
    }
    return sum;
  }

  /**
   * Writes the index.
   *
   * @param file a {@code .safetensors} file, replaced if it exists
   * @throws IOException if it can't be written; an earlier one is then as it was
   */
  public void save(Path file) throws IOException {
    NamedTensors tensors =
        NamedTensors.builder().add(EMBEDDINGS, Tensor.of(rows, names.size(), width)).build();
    Safetensors.write(
        file, tensors, Map.of(NAMES, GSON.toJson(names), ENCODER, encoder, SHA256, encoderSha256));
  }

  /**
   * Reads an index.
   *
   * @param file what {@link #save} wrote
   * @return the index
   * @throws ai.lacuna.weights.WeightsException if it is another file, or damaged
   * @throws IllegalArgumentException if it is no index, or has a number that is not finite
   * @throws IOException if it can't be read
   */
  public static ImageIndex load(Path file) throws IOException {
    Tensor tensor = Safetensors.read(file).require(EMBEDDINGS);
    Map<String, String> metadata = Safetensors.metadata(file);
    List<String> names = names(file, metadata.getOrDefault(NAMES, ""));
    if (tensor.type() != Tensor.Type.F32
        || tensor.shape().length != 2
        || tensor.shape()[0] != names.size()
        || tensor.shape()[1] > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "%s: expected float32 embeddings [%s, width], one for each name, found %s; make the index anew"
              .formatted(file, names.size(), tensor));
    }
    float[] rows = tensor.toFloats();
    for (int i = 0; i < rows.length; i++) {
      if (!Float.isFinite(rows[i])) {
        throw new IllegalArgumentException(
            "%s: expected embeddings of finite numbers, found %s in that of %s; make the index anew"
                .formatted(file, rows[i], names.get(i / (rows.length / names.size()))));
      }
    }
    return new ImageIndex(
        metadata.getOrDefault(ENCODER, ""),
        metadata.getOrDefault(SHA256, ""),
        names,
        rows,
        Math.toIntExact(tensor.shape()[1]));
  }

  private static List<String> names(Path file, String json) {
    try {
      String[] names = GSON.fromJson(json, String[].class);
      if (names != null) {
        return List.of(names);
      }
    } catch (JsonParseException | NullPointerException e) {
      throw new IllegalArgumentException(file + ": expected an image index, found other names", e);
    }
    throw new IllegalArgumentException(file + ": expected an image index, found no names");
  }
}
