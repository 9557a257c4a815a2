package ai.lacuna.zoo;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.finetune.FineTuneConfig;
import ai.lacuna.serving.Sha256;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.zoo.ZooListing.ZooFile;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Packs pretrained encoders into a zoo's folder and keeps its index. Several threads and processes
 * may do so at once: each waits until the folder is free.
 */
public final class ZooPublisher {
  /** The files that the index describes, in its order. */
  private static final List<String> FILES =
      List.of(
          ZooEntry.ENCODER,
          ZooEntry.DECODER,
          ZooEntry.HEAD,
          ZooEntry.CONFIG,
          ZooEntry.DECODER_CONFIG,
          ZooEntry.FINE_TUNING,
          ZooEntry.RECIPE,
          ZooEntry.TRAINING_LOG,
          ZooEntry.PICTURE);

  /** Python libraries refuse files without it. */
  private static final String PYTHON_KEY = "format";

  private static final String PYTHON_VALUE = "pt";

  private ZooPublisher() {}

  /**
   * Writes an entry's files and renews the index.
   *
   * <p>{@code about.json} must lie in the entry's folder already, since people write it. Figures in
   * {@code results.json} that belong to earlier weights are dropped by the next recording.
   *
   * @param zoo the zoo's folder; its index is made if there is none
   * @param publication what to publish
   * @return the entry
   * @throws ZooException if {@code about.json} is missing or incomplete, or the publication is
   *     malformed
   * @throws IOException if a file cannot be written
   */
  public static ZooEntry publish(Path zoo, Publication publication) throws IOException {
    String name = publication.name();
    ZooListing.requirePlainName("name", name);
    Path folder = zoo.resolve(name);
    about(folder);
    requireJson(name + ": recipe", publication.recipe());
    Training.of(publication.trainingLog(), name + ": training log");
    return ZooLock.hold(zoo, () -> write(zoo, publication));
  }

  private static ZooEntry write(Path zoo, Publication publication) throws IOException {
    String name = publication.name();
    Path folder = zoo.resolve(name);
    String config =
        ZooJson.write(
            new EntryConfig(
                name, publication.network().encoder().config(), publication.preprocessing()));
    String decoder =
        ZooJson.write(
            new EntryDecoder(
                publication.network().decoder(), publication.network().objective().normPixLoss()));
    Safetensors.write(
        folder.resolve(ZooEntry.ENCODER),
        publication.encoder(),
        Map.of(PYTHON_KEY, PYTHON_VALUE, EntryConfig.METADATA_KEY, config));
    if (publication.decoder().size() > 0) {
      Safetensors.write(
          folder.resolve(ZooEntry.DECODER),
          publication.decoder(),
          Map.of(PYTHON_KEY, PYTHON_VALUE, EntryDecoder.METADATA_KEY, decoder));
    } else {
      Files.deleteIfExists(folder.resolve(ZooEntry.DECODER));
    }
    Files.deleteIfExists(folder.resolve(ZooEntry.HEAD));
    Files.deleteIfExists(folder.resolve(ZooEntry.FINE_TUNING));
    return finish(zoo, name, config, publication.recipe(), publication.trainingLog());
  }

  /**
   * Writes the files of a fine-tuned network and renews the index, as {@link #publish(Path,
   * Publication)} does: an encoder like any other, its head, and what the head says.
   *
   * @param zoo the zoo's folder; its index is made if there is none
   * @param publication what to publish
   * @return the entry, whose {@link ZooEntry#fineTuned} has the head
   * @throws ZooException if {@code about.json} is missing or incomplete, or the publication is
   *     malformed
   * @throws IOException if a file cannot be written
   */
  public static ZooEntry publish(Path zoo, FineTunedPublication publication) throws IOException {
    String name = publication.name();
    ZooListing.requirePlainName("name", name);
    Path folder = zoo.resolve(name);
    about(folder);
    if (!publication.recipe().isEmpty()) {
      Training.of(publication.trainingLog(), name + ": training log");
    }
    return ZooLock.hold(zoo, () -> write(zoo, publication));
  }

  private static ZooEntry write(Path zoo, FineTunedPublication publication) throws IOException {
    String name = publication.name();
    Path folder = zoo.resolve(name);
    FineTuneConfig tuned = publication.config();
    String config = ZooJson.write(new EntryConfig(name, tuned.vit(), tuned.preprocessing()));
    HeadParts parts = HeadParts.of(tuned, publication.weights());
    Safetensors.write(
        folder.resolve(ZooEntry.ENCODER),
        parts.encoder(),
        Map.of(PYTHON_KEY, PYTHON_VALUE, EntryConfig.METADATA_KEY, config));
    Safetensors.write(
        folder.resolve(ZooEntry.HEAD), parts.head(), Map.of(PYTHON_KEY, PYTHON_VALUE));
    Files.deleteIfExists(folder.resolve(ZooEntry.DECODER));
    FileReplacement.write(folder.resolve(ZooEntry.FINE_TUNING), tuned.toJson() + "\n");
    return finish(zoo, name, config, publication.recipe(), publication.trainingLog());
  }

  private static ZooEntry finish(
      Path zoo, String name, String config, String recipe, String trainingLog) throws IOException {
    Path folder = zoo.resolve(name);
    Files.deleteIfExists(folder.resolve(ZooEntry.PICTURE)); // Of earlier weights.
    FileReplacement.write(folder.resolve(ZooEntry.CONFIG), config);
    if (recipe.isEmpty()) {
      Files.deleteIfExists(folder.resolve(ZooEntry.RECIPE));
      Files.deleteIfExists(folder.resolve(ZooEntry.TRAINING_LOG));
    } else {
      FileReplacement.write(folder.resolve(ZooEntry.RECIPE), recipe);
      FileReplacement.write(folder.resolve(ZooEntry.TRAINING_LOG), trainingLog);
    }
    renewIndex(zoo);
    return Zoo.at(zoo).require(name);
  }

  /**
   * Renews {@code index.json} from the entries' folders.
   *
   * @param zoo the zoo's folder
   * @throws ZooException if an entry is incomplete
   * @throws IOException if a file cannot be read or written
   */
  public static void reindex(Path zoo) throws IOException {
    ZooLock.hold(zoo, () -> renewIndex(zoo));
  }

  /** The same, by one who has the lock. */
  static Path renewIndex(Path zoo) throws IOException {
    Path index = zoo.resolve(ZooIndex.FILE);
    FileReplacement.write(index, indexText(zoo));
    return index;
  }

  /**
   * Keeps a picture of reconstructions with an entry and renews the index.
   *
   * @param zoo the zoo's folder
   * @param name the entry
   * @param png the picture
   * @throws ZooException if there is no such entry
   * @throws IOException if it cannot be written
   */
  public static void picture(Path zoo, String name, byte[] png) throws IOException {
    ZooLock.hold(
        zoo,
        () -> {
          Zoo.at(zoo).require(name);
          FileReplacement.write(zoo.resolve(name).resolve(ZooEntry.PICTURE), png);
          return renewIndex(zoo);
        });
  }

  /** What {@code index.json} should hold: every folder with published weights. */
  static String indexText(Path zoo) throws IOException {
    List<Path> folders;
    try (Stream<Path> children = Files.list(zoo)) {
      folders =
          children
              .filter(
                  child ->
                      Files.isRegularFile(child.resolve(ZooEntry.ENCODER))
                          || Files.isRegularFile(child.resolve(RemoteEntry.FILE)))
              .sorted()
              .toList();
    }
    List<ZooListing> listings = new ArrayList<>();
    for (Path folder : folders) {
      listings.add(listing(folder));
    }
    return ZooJson.write(new ZooIndex(ZooIndex.FORMAT, listings));
  }

  private static ZooListing listing(Path folder) throws IOException {
    Path file = folder.resolve(ZooEntry.CONFIG);
    EntryConfig config = ZooJson.read(read(file), EntryConfig.class, file.toString());
    if (!folder.endsWith(config.name())) {
      throw new ZooException(
          folder + ": expected a folder named as its entry, found " + config.name());
    }
    Optional<RemoteEntry> remote = json(folder, RemoteEntry.FILE, RemoteEntry.class);
    List<ZooFile> files = new ArrayList<>(remote.map(RemoteEntry::files).orElse(List.of()));
    String weights = "";
    for (String name : FILES) {
      Path path = folder.resolve(name);
      if (Files.isRegularFile(path)) {
        ZooFile found = new ZooFile(name, Files.size(path), Sha256.of(path));
        files.add(found);
        weights = name.equals(ZooEntry.ENCODER) ? found.sha256() : weights;
      }
    }
    return new ZooListing(
        config.name(),
        about(folder),
        config.architecture(),
        config.preprocessing(),
        config.parameters(),
        files,
        remote.map(RemoteEntry::consent).orElse(false),
        target(folder),
        ofWeights(
            weights,
            json(folder, ZooResults.FILE, ZooResults.class)
                .map(ZooResults::results)
                .orElse(List.of()),
            ZooResult::run),
        ofWeights(
            weights,
            json(folder, ZooStudies.FILE, ZooStudies.class)
                .map(ZooStudies::studies)
                .orElse(List.of()),
            ZooStudy::run),
        ofWeights(
            weights,
            json(folder, ZooExports.FILE, ZooExports.class)
                .map(ZooExports::exports)
                .orElse(List.of()),
            ZooExport::run));
  }

  private static ZooListing.Target target(Path folder) throws IOException {
    Path file = folder.resolve(ZooEntry.FINE_TUNING);
    if (!Files.isRegularFile(file)) {
      return ZooListing.Target.NONE;
    }
    try {
      FineTuneConfig config = FineTuneConfig.fromJson(Files.readString(file));
      return ZooListing.Target.valueOf(config.head().target().name());
    } catch (IllegalArgumentException e) {
      throw new ZooException(file + ": " + e.getMessage(), e);
    }
  }

  /** Figures of other weights are left out; of remote weights their publisher's are believed. */
  private static <T> List<T> ofWeights(
      String weights, List<T> figures, Function<T, ZooResult.Run> run) {
    return figures.stream()
        .filter(each -> weights.isEmpty() || run.apply(each).weightsSha256().equals(weights))
        .toList();
  }

  /** A record of an entry's folder; empty if it has no such file. */
  private static <T extends Record> Optional<T> json(Path folder, String name, Class<T> type)
      throws IOException {
    Path file = folder.resolve(name);
    return Files.isRegularFile(file)
        ? Optional.of(ZooJson.read(Files.readString(file), type, file.toString()))
        : Optional.empty();
  }

  /** What people wrote; where nobody has, a draft is left for them. */
  private static About about(Path folder) throws IOException {
    Path file = folder.resolve(ZooEntry.ABOUT);
    if (!Files.isRegularFile(file)) {
      FileReplacement.write(file, ZooJson.write(About.draft()));
      throw new ZooException(
          file
              + ": expected a file, found none; a draft is there now: replace every "
              + About.TO_WRITE
              + " in it and publish again");
    }
    String text = read(file);
    if (text.contains(About.TO_WRITE)) {
      throw new ZooException(
          file + ": expected what people say of the model, found " + About.TO_WRITE + " in it");
    }
    return ZooJson.read(text, About.class, file.toString());
  }

  private static String read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new ZooException(file + ": expected a file, found none; write it first");
    }
    return Files.readString(file);
  }

  private static void requireJson(String where, String json) {
    try {
      if (JsonParser.parseString(json).isJsonObject()) {
        return;
      }
    } catch (JsonParseException e) {
      throw new ZooException(where + ": expected JSON: " + e.getMessage(), e);
    }
    throw new ZooException(where + ": expected a JSON object");
  }
}
