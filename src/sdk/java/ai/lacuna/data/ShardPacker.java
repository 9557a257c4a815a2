package ai.lacuna.data;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.files.NewFolder;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;
import com.google.gson.Gson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Packs any data into shards ({@link WebDataset}), which read faster than a million small files.
 *
 * <pre>{@code
 * ShardPacker.pack("photos", Path.of("packed"), Packing.asIs().withSide(256), progress);
 * ImageDataset images = ImageDataset.open("packed");
 * }</pre>
 *
 * <p>Every image is decoded, so that what is packed is sound. The same data and packing give the
 * same bytes. Samples keep their order, and so, if none is left out, their ids.
 */
public final class ShardPacker {
  private static final int AT_ONCE = 256;

  private ShardPacker() {}

  /** Hears how far the packing has come, on the thread that packs. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Some images are packed.
     *
     * @param part {@code train}, {@code test}, or {@code images} if there is one part only
     * @param done images, from 0
     * @param total images of the part
     */
    void update(String part, long done, long total);
  }

  /**
   * One part that was packed.
   *
   * @param name {@code train}, {@code test}, or {@code images} if there is one part only
   * @param images packed
   * @param shards written
   * @param bytes of all shards
   * @param skipped damaged images, which were left out
   */
  public record Packed(String name, long images, int shards, long bytes, int skipped) {}

  /**
   * Packs all parts of some data.
   *
   * @param source what {@link ImageDataset#open} takes
   * @param out a folder that is new or empty; it appears when all is written. Data with a training
   *     and a test part gives folders {@code train} and {@code test} in it
   * @param packing how
   * @param progress hears how many images are packed
   * @return what was packed, for each part
   * @throws DataException if the data is damaged or there is none, or {@code out} is among its
   *     images
   * @throws IOException if the data cannot be read, {@code out} holds something, or cannot be
   *     written
   */
  public static List<Packed> pack(String source, Path out, Packing packing, Progress progress)
      throws IOException {
    NewFolder.requireFree(out);
    List<DataSource.Part> parts = DataSource.of(source).parts();
    List<ImageDataset> opened = new ArrayList<>();
    for (DataSource.Part part : parts) {
      ImageDataset data = open(part, packing);
      if (data instanceof ImageFolder images && images.holds(out)) {
        throw new DataException(
            "%s: expected a folder outside of the images, found one among those of %s; choose another"
                .formatted(out, source));
      }
      opened.add(data);
    }
    List<Packed> packed = new ArrayList<>();
    NewFolder.write(
        out,
        folder -> {
          for (int i = 0; i < parts.size(); i++) {
            DataSource.Part part = parts.get(i);
            String name = part.name().isEmpty() ? "images" : part.name();
            Path own = part.name().isEmpty() ? folder : folder.resolve(part.name());
            Files.createDirectories(own);
            packed.add(pack(name, opened.get(i), own, packing, progress));
          }
        });
    return List.copyOf(packed);
  }

  private static ImageDataset open(DataSource.Part part, Packing packing) throws IOException {
    if (!packing.labelled()) {
      return part.open(Labelling.none());
    }
    try {
      return part.open(Labelling.classes());
    } catch (DataException e) {
      part.open(Labelling.none()); // What is wrong with that too is said in its own words.
      throw new DataException(e.getMessage() + "; or leave labels out (--no-labels)", e);
    }
  }

  private static Packed pack(
      String name, ImageDataset data, Path folder, Packing packing, Progress progress)
      throws IOException {
    if (packing.labelled() && !data.classNames().isEmpty()) {
      FileReplacement.write(
          folder.resolve(ClassNames.FILE), new Gson().toJson(data.classNames()) + "\n");
    }
    CorruptSamples corrupt = new CorruptSamples(data.name(), packing.maxCorrupt(), data.size());
    try (ShardWriter writer = new ShardWriter(folder, packing)) {
      for (int first = 0; first < data.size(); first += AT_ONCE) {
        progress.update(name, first, data.size());
        List<Prepared> images = prepare(data, first, packing);
        corrupt.count(
            images.size(),
            images.stream().map(Prepared::damage).filter(damage -> !damage.isEmpty()).toList());
        for (Prepared image : images) {
          if (image.damage().isEmpty()) {
            writer.add(
                image.file(), image.suffix(), packing.labelled() ? image.label() : Sample.NO_LABEL);
          }
        }
      }
      writer.finish();
      if (writer.images() == 0) {
        throw new DataException(
            data.name() + ": expected sound images, found none; check the data");
      }
      progress.update(name, data.size(), data.size());
      return new Packed(name, writer.images(), writer.shards(), writer.bytes(), corrupt.skipped());
    }
  }

  /** An image's file, or what is wrong with it. */
  @SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
  private record Prepared(byte[] file, String suffix, int label, String damage) {}

  /** The next few images, at least one. */
  private static List<Prepared> prepare(ImageDataset data, int first, Packing packing) {
    Prepared[] images = new Prepared[Math.min(data.size() - first, AT_ONCE)];
    InOrder.forEach(0, images.length, i -> images[i] = prepareOne(data, first + i, packing));
    return List.of(images);
  }

  private static Prepared prepareOne(ImageDataset data, int index, Packing packing) {
    try {
      if (!(data instanceof EncodedDataset files)) {
        Sample sample = data.get(index);
        return encode(sample, ImageEncoder.shrunk(sample.pixels(), packing.side()), packing);
      }
      EncodedImage file = files.encoded(index);
      Sample sample = file.decode();
      Pixels shrunk = ImageEncoder.shrunk(sample.pixels(), packing.side());
      return shrunk == sample.pixels() && packing.quality() == 0
          ? new Prepared(file.bytes(), FileKind.of(file.bytes()).suffix(), file.label(), "")
          : encode(sample, shrunk, packing);
    } catch (IOException | UncheckedIOException | DataException | ImageException e) {
      String damage = "sample %s: %s".formatted(index, CorruptSamples.reason(e));
      return new Prepared(new byte[0], "", Sample.NO_LABEL, damage);
    }
  }

  private static Prepared encode(Sample sample, Pixels pixels, Packing packing) throws IOException {
    return packing.quality() > 0
        ? new Prepared(ImageEncoder.jpeg(pixels, packing.quality()), "jpg", sample.label(), "")
        : new Prepared(ImageEncoder.png(pixels), "png", sample.label(), "");
  }
}
