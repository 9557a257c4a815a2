package ai.lacuna.zoo;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.finetune.FineTuneConfig;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.foreign.EncoderTensors;
import ai.lacuna.foreign.Layout;
import ai.lacuna.graph.Program;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.WeightsCheck;
import ai.lacuna.zoo.ZooListing.Format;
import ai.lacuna.zoo.ZooListing.ZooFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An encoder of a zoo: its description, and its files checked against the index when read. */
public final class ZooEntry {
  static final String ENCODER = "encoder.safetensors";
  static final String DECODER = "decoder.safetensors";
  static final String DECODER_CONFIG = "decoder.json";
  static final String FINE_TUNING = "finetune.json";
  static final String HEAD = "head.safetensors";
  static final String PICTURE = "reconstructions.png";
  static final String CONFIG = "config.json";
  static final String RECIPE = "recipe.json";
  static final String TRAINING_LOG = "train.jsonl";
  static final String ABOUT = "about.json";

  private final EntryFiles files;
  private final ZooListing listing;

  ZooEntry(EntryFiles files) {
    this.files = files;
    this.listing = files.listing();
  }

  /** The entry's files. */
  EntryFiles files() {
    return files;
  }

  /**
   * Whether its weights come from a server; they are fetched when they are first used, and kept.
   */
  public boolean isRemote() {
    return files.remote(encoderFile()).isPresent();
  }

  /** Whether its weights can be read without a network. Their digest is not computed. */
  public boolean isHere() {
    return files.isHere(encoderFile());
  }

  /** The file that holds the encoder's weights. */
  private ZooFile encoderFile() {
    return listing
        .file(Format.TORCH_ENCODER)
        .or(() -> listing.file(Format.TORCH_CLASSIFIER))
        .orElseGet(() -> requireFile(ENCODER));
  }

  /**
   * The file that holds the encoder's weights, on this machine: fetched if it is on a server,
   * copied to the cache if it is in the jar, and just compared with the index.
   *
   * @throws ZooException if it cannot be had, or is not the one that the index describes
   */
  public Path weightsPath() {
    return files.onDisk(encoderFile());
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
    ZooFile file = encoderFile();
    NamedTensors found = files.tensors(file);
    Map<String, List<Long>> shapes = Publication.shapes(network().program());
    NamedTensors weights =
        file.format() == Format.PLAIN ? found : EncoderTensors.of(Layout.MAE, found);
    WeightsCheck.of(shapes, weights).requireFit(files.describe(file));
    return weights;
  }

  /**
   * The encoder with the light decoder that it was trained with, read at each call.
   *
   * @return both, or empty if the entry has no decoder
   * @throws ZooException if a file is missing or is not the one that the index describes
   */
  public Optional<ZooAutoencoder> autoencoder() {
    Optional<ZooFile> whole = listing.file(Format.TORCH_AUTOENCODER);
    return whole.isPresent()
        ? whole.map(this::wholeAutoencoder)
        : listing.file(DECODER).map(this::autoencoder);
  }

  private ZooAutoencoder autoencoder(ZooFile file) {
    byte[] bytes = files.bytes(file);
    String where = files.describe(file);
    String json = Safetensors.metadata(bytes, where).getOrDefault(EntryDecoder.METADATA_KEY, "");
    EntryDecoder decoder = EntryDecoder.read(json, where);
    NamedTensors.Builder all = NamedTensors.builder();
    weights().forEach(entry -> all.add(entry.name(), entry.tensor()));
    Safetensors.read(bytes, where).forEach(entry -> all.add(entry.name(), entry.tensor()));
    return new ZooAutoencoder(network(), decoder.decoder(), decoder.normPixLoss(), all.build());
  }

  private ZooAutoencoder wholeAutoencoder(ZooFile file) {
    EntryDecoder decoder = EntryDecoder.read(text(DECODER_CONFIG), DECODER_CONFIG);
    NamedTensors weights = EncoderTensors.all(Layout.MAE, files.tensors(file));
    ZooAutoencoder both =
        new ZooAutoencoder(network(), decoder.decoder(), decoder.normPixLoss(), weights);
    WeightsCheck.of(Publication.shapes(both.network(1).program()), weights)
        .requireFit(files.describe(file));
    return both;
  }

  /**
   * Fetches every file that is on a server and not here yet.
   *
   * @param decoder whether to fetch a separate checkpoint with the decoder's weights, too
   * @throws ZooException if one cannot be had, or the licence is not accepted
   */
  public void fetch(boolean decoder) {
    for (ZooFile file : listing.files()) {
      boolean wanted = decoder || file.format() != Format.TORCH_AUTOENCODER;
      if (wanted && files.remote(file).isPresent()) {
        files.onDisk(file);
      }
    }
  }

  /**
   * What comparing a file with the index gives.
   *
   * @param file its name in the entry's folder
   * @param state whether it is whole
   * @param detail what is wrong, if something is
   */
  public record Verdict(String file, State state, String detail) {
    /** Whether a file is whole. */
    public enum State {
      /** It is the one that the index describes. */
      OK,
      /** It was not fetched yet. */
      ABSENT,
      /** It is another one. */
      DAMAGED
    }
  }

  /** Compares every file that is on this machine with the index. */
  public List<Verdict> verify() {
    List<Verdict> verdicts = new ArrayList<>();
    for (ZooFile file : listing.files()) {
      try {
        boolean there = files.verify(file);
        verdicts.add(new Verdict(file.path(), there ? Verdict.State.OK : Verdict.State.ABSENT, ""));
      } catch (ZooException e) {
        verdicts.add(
            new Verdict(file.path(), Verdict.State.DAMAGED, String.valueOf(e.getMessage())));
      }
    }
    return verdicts;
  }

  /**
   * Removes what was fetched or copied to the cache.
   *
   * @return the bytes that were freed
   */
  public long remove() {
    return files.removeFetched();
  }

  /** Whether it has a head: {@link #fineTuned} is not empty. */
  public boolean isFineTuned() {
    return listing.file(FINE_TUNING).isPresent();
  }

  /**
   * Loads the fine-tuned network with its head.
   *
   * @param device where it runs
   * @return the network, which the caller closes; empty if the entry is an encoder alone
   * @throws ZooException if a file is missing or is not the one that the index describes
   * @throws ai.lacuna.weights.WeightsException if the weights do not fit
   */
  public Optional<FineTuned> fineTuned(Device device) {
    if (!isFineTuned()) {
      return Optional.empty();
    }
    FineTuneConfig config = tuning();
    NamedTensors weights =
        listing
            .file(Format.TORCH_CLASSIFIER)
            .map(file -> EncoderTensors.all(Layout.MAE, files.tensors(file)))
            .orElseGet(
                () -> new HeadParts(weights(), files.tensors(requireFile(HEAD))).whole(config));
    WeightsCheck.of(Publication.shapes(Program.of(config.network().forward())), weights)
        .requireFit(name());
    return Optional.of(FineTuned.of(config, weights, device));
  }

  private FineTuneConfig tuning() {
    try {
      FineTuneConfig config = FineTuneConfig.fromJson(text(FINE_TUNING));
      if (config.vit().equals(config()) && config.preprocessing().equals(preprocessing())) {
        return config;
      }
      throw new ZooException(
          name() + ": " + FINE_TUNING + ": expected the index's architecture, found another one");
    } catch (IllegalArgumentException e) {
      throw new ZooException(name() + ": " + FINE_TUNING + ": " + e.getMessage(), e);
    }
  }

  /** The encoder as a graph, with the normalisation inside. */
  public VisionTransformer network() {
    return new VisionTransformer(
        config(), new Normalization(preprocessing().mean(), preprocessing().std()));
  }

  /**
   * SHA-256 of the encoder's weights file, as the index gives it; where nobody has published it,
   * that of the file, which is fetched for it.
   */
  public String weightsSha256() {
    return files.sha256(encoderFile());
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

  /** The figures that were measured on these weights, or that their publisher gives. */
  public List<ZooResult> results() {
    return listing.results();
  }

  /**
   * A picture of reconstructions, PNG.
   *
   * @return its bytes; empty if the entry has none
   * @throws ZooException if it is not the one that the index describes
   */
  public Optional<byte[]> picture() {
    return listing.file(PICTURE).map(files::bytes);
  }

  /** The figures that were repeated with several seeds, on these weights. */
  public List<ZooStudy> studies() {
    return listing.studies();
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
    return files.text(requireFile(file));
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
}
