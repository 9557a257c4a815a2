package ai.lacuna.zoo;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.WeightsCheck;
import ai.lacuna.zoo.ZooListing.ZooFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** An encoder of a zoo: its description, and its files checked against the index when read. */
public final class ZooEntry {
  static final String ENCODER = "encoder.safetensors";
  static final String DECODER = "decoder.safetensors";
  static final String CONFIG = "config.json";
  static final String RECIPE = "recipe.json";
  static final String TRAINING_LOG = "train.jsonl";
  static final String ABOUT = "about.json";

  private final ZooFolder folder;
  private final ZooListing listing;

  ZooEntry(ZooFolder folder, ZooListing listing) {
    this.folder = folder;
    this.listing = listing;
  }

  /** The name to load it by. */
  public String name() {
    return listing.name();
  }

  /** The entry's line in the index. */
  public ZooListing listing() {
    return listing;
  }

  /** The encoder's architecture. */
  public VitConfig config() {
    return listing.architecture();
  }

  /** What is done to an image before the encoder sees it. */
  public Preprocessing preprocessing() {
    return listing.preprocessing();
  }

  /**
   * Loads the encoder.
   *
   * @param device where it runs
   * @return the frozen encoder; close it
   * @throws ZooException if a file is missing or is not the one that the index describes
   */
  public Encoder load(Device device) {
    return Encoder.of(name(), config(), preprocessing(), weights(), device);
  }

  /**
   * The encoder's weights, read at each call.
   *
   * @return the tensors, by their public MAE and timm names
   * @throws ZooException if the file is missing or is not the one that the index describes
   * @throws ai.lacuna.weights.WeightsException if the file is malformed, or its tensors do not fit
   *     the architecture
   */
  public NamedTensors weights() {
    NamedTensors weights = tensors(requireFile(ENCODER));
    WeightsCheck.of(Publication.shapes(network().program()), weights)
        .requireFit(folder.describe(path(ENCODER)));
    return weights;
  }

  /**
   * The encoder with the light decoder that it was trained with, read at each call.
   *
   * @return both, or empty if the entry has no decoder
   * @throws ZooException if a file is missing or is not the one that the index describes
   */
  public Optional<ZooAutoencoder> autoencoder() {
    return listing.file(DECODER).map(this::autoencoder);
  }

  private ZooAutoencoder autoencoder(ZooFile file) {
    byte[] bytes = bytes(file);
    String where = folder.describe(path(file.path()));
    String json = Safetensors.metadata(bytes, where).getOrDefault(EntryDecoder.METADATA_KEY, "");
    EntryDecoder decoder = EntryDecoder.read(json, where);
    NamedTensors.Builder all = NamedTensors.builder();
    weights().forEach(entry -> all.add(entry.name(), entry.tensor()));
    Safetensors.read(bytes, where).forEach(entry -> all.add(entry.name(), entry.tensor()));
    return new ZooAutoencoder(network(), decoder.decoder(), decoder.normPixLoss(), all.build());
  }

  /** The encoder as a graph, with the normalisation inside. */
  public VisionTransformer network() {
    return new VisionTransformer(
        config(), new Normalization(preprocessing().mean(), preprocessing().std()));
  }

  /** SHA-256 of the encoder's weights file, as the index gives it. */
  public String weightsSha256() {
    return requireFile(ENCODER).sha256();
  }

  /** The pretraining run's configuration and machine, JSON. */
  public String recipe() {
    return text(RECIPE);
  }

  /** The metrics of the pretraining run, one JSON object a line. */
  public String trainingLog() {
    return text(TRAINING_LOG);
  }

  /**
   * How long the pretraining took and where it ended.
   *
   * @throws ZooException if the training log is malformed
   */
  public Training training() {
    return Training.of(trainingLog(), name() + ": " + TRAINING_LOG);
  }

  /** Whether it has the pretraining run's configuration and log. */
  public boolean hasRecipe() {
    return listing.file(RECIPE).isPresent() && listing.file(TRAINING_LOG).isPresent();
  }

  /**
   * The figures that were measured on these weights; figures of earlier weights are left out.
   *
   * @throws ZooException if {@code results.json} cannot be read
   */
  public List<ZooResult> results() {
    return measured(ZooResults.FILE, ZooResults.class).map(ZooResults::results).stream()
        .flatMap(List::stream)
        .filter(result -> isOfTheseWeights(result.run()))
        .toList();
  }

  /**
   * The figures that were repeated with several seeds, on these weights.
   *
   * @throws ZooException if {@code studies.json} cannot be read
   */
  public List<ZooStudy> studies() {
    return measured(ZooStudies.FILE, ZooStudies.class).map(ZooStudies::studies).stream()
        .flatMap(List::stream)
        .filter(study -> isOfTheseWeights(study.run()))
        .toList();
  }

  private boolean isOfTheseWeights(ZooResult.Run run) {
    return run.weightsSha256().equals(weightsSha256());
  }

  /** Empty if the entry has no such file. */
  private <T extends Record> Optional<T> measured(String file, Class<T> type) {
    String path = path(file);
    try (InputStream stream = folder.open(path).orElse(InputStream.nullInputStream())) {
      String json = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      return json.isEmpty()
          ? Optional.empty()
          : Optional.of(ZooJson.read(json, type, folder.describe(path)));
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  /**
   * A text file of the entry.
   *
   * @param file its name, for example {@code recipe.json}
   * @return its content
   * @throws ZooException if the entry has no such file, or it is not the one that the index
   *     describes
   */
  public String text(String file) {
    return new String(bytes(requireFile(file)), StandardCharsets.UTF_8);
  }

  private ZooFile requireFile(String file) {
    return listing
        .file(file)
        .orElseThrow(
            () ->
                new ZooException(
                    "%s: expected a file %s, found %s"
                        .formatted(
                            name(), file, listing.files().stream().map(ZooFile::path).toList())));
  }

  /** From a folder the file is mapped; from a jar it is read into memory. */
  private NamedTensors tensors(ZooFile file) {
    String path = path(file.path());
    Optional<Path> onDisk = folder.path(path);
    if (onDisk.isEmpty()) {
      return Safetensors.read(bytes(file), folder.describe(path));
    }
    try {
      long size = Files.isRegularFile(onDisk.get()) ? Files.size(onDisk.get()) : -1;
      check(file, size, size == file.size() ? Sha256.of(onDisk.get()) : "");
      return Safetensors.read(onDisk.get());
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  private byte[] bytes(ZooFile file) {
    String path = path(file.path());
    try (InputStream stream = folder.open(path).orElse(InputStream.nullInputStream())) {
      // One byte more than expected tells a longer file without reading all of it.
      byte[] bytes = stream.readNBytes(Math.toIntExact(file.size()) + 1);
      check(file, bytes.length, bytes.length == file.size() ? Sha256.of(bytes) : "");
      return bytes;
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  private void check(ZooFile file, long size, String sha256) {
    if (size == file.size() && sha256.equals(file.sha256())) {
      return;
    }
    throw new ZooException(
        "%s: expected %d bytes with SHA-256 %s, found %s; fetch the zoo again or rebuild its index"
            .formatted(
                folder.describe(path(file.path())),
                file.size(),
                file.sha256(),
                size == file.size() ? "SHA-256 " + sha256 : "another length or no file"));
  }

  private String path(String file) {
    return name() + "/" + file;
  }

  private ZooException unreadable(String path, IOException e) {
    return new ZooException(folder.describe(path) + ": cannot be read: " + e.getMessage(), e);
  }
}
