package ai.lacuna.zoo;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.foreign.ForeignNetwork;
import ai.lacuna.foreign.Layout;
import ai.lacuna.serving.Sha256;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A foreign network on its way into a zoo.
 *
 * @param name the entry's name
 * @param network encoder and perhaps decoder; a head is not part of an entry
 * @param license SPDX identifier of the weights' licence
 * @param normPixLoss whether the decoder predicts pixels normalised by each patch's own mean and
 *     variance, which no file says
 * @param command what repeats the import
 */
public record ForeignPublication(
    String name, ForeignNetwork network, String license, boolean normPixLoss, String command) {
  private static final String MAE_PAPER = "https://arxiv.org/abs/2111.06377";
  private static final String VIT_PAPER = "https://arxiv.org/abs/2010.11929";
  private static final Map<String, String> FORMAT = Map.of("format", "pt");

  /**
   * @throws IllegalArgumentException if the name could leave the zoo's folder, or there is no
   *     licence
   */
  public ForeignPublication {
    ZooListing.requirePlainName("name", name);
    if (license.isBlank()) {
      throw new IllegalArgumentException(
          name + ": expected the licence of the weights, found none; ask who published them");
    }
  }

  /**
   * Writes the entry's files and renews the index. An {@code about.json} that lies in the entry's
   * folder is kept; else one is written that says where the weights come from.
   *
   * @param zoo the zoo's folder; made if there is none
   * @return the entry
   * @throws ZooException if there is an entry of that name
   * @throws IOException if a file cannot be read or written
   */
  public ZooEntry publish(Path zoo) throws IOException {
    Path folder = zoo.resolve(name);
    if (Files.exists(folder.resolve(ZooEntry.ENCODER))) {
      throw new ZooException(
          folder + ": expected no entry of that name, found one; give another name");
    }
    Files.createDirectories(folder);
    if (!Files.exists(folder.resolve(ZooEntry.ABOUT))) {
      FileReplacement.write(folder.resolve(ZooEntry.ABOUT), ZooJson.write(about()));
    }
    String config = ZooJson.write(new EntryConfig(name, network.vit(), network.preprocessing()));
    FileReplacement.write(folder.resolve(ZooEntry.CONFIG), config);
    // Of an import that was cut off.
    Files.deleteIfExists(folder.resolve(ZooEntry.DECODER));
    if (network.decoder().isPresent()) {
      ForeignNetwork.Decoder decoder = network.decoder().get();
      Safetensors.write(
          folder.resolve(ZooEntry.DECODER),
          decoder.weights(),
          metadata(
              EntryDecoder.METADATA_KEY,
              ZooJson.write(new EntryDecoder(decoder.config(), normPixLoss))));
    }
    // Last, for with it the folder is an entry.
    Safetensors.write(
        folder.resolve(ZooEntry.ENCODER),
        network.encoder(),
        metadata(EntryConfig.METADATA_KEY, config));
    ZooPublisher.reindex(zoo);
    return Zoo.at(zoo).require(name);
  }

  private static Map<String, String> metadata(String key, String json) {
    Map<String, String> metadata = new TreeMap<>(FORMAT);
    metadata.put(key, json);
    return metadata;
  }

  /** What the file tells about itself; the rest is for people to write. */
  private About about() throws IOException {
    VitConfig vit = network.vit();
    boolean mae = network.layout() == Layout.MAE || network.decoder().isPresent();
    List<String> tags = new ArrayList<>(List.of("vision-transformer", "image-feature-extraction"));
    if (mae) {
      tags.addAll(List.of("masked-autoencoder", "mae", "self-supervised"));
    }
    return new About(
        "A vision transformer of width %s and %s blocks for %s x %s images, imported from %s."
            .formatted(
                vit.embedDim(),
                vit.depth(),
                vit.imageHeight(),
                vit.imageWidth(),
                network.file().getFileName()),
        license,
        mae ? MAE_PAPER : VIT_PAPER,
        "%s, %s bytes, SHA-256 %s, a file of %s; %s"
            .formatted(
                network.file().getFileName(),
                Files.size(network.file()),
                Sha256.of(network.file()),
                network.layout().title(),
                String.join("; ", network.notes())),
        new About.TrainingData(
            About.UNKNOWN,
            "Data that the file does not name",
            About.UNKNOWN,
            About.UNKNOWN,
            0,
            About.UNKNOWN,
            About.UNKNOWN,
            "The file does not say; its publisher may."),
        new About.Recipe(mae ? "masked autoencoder" : "not said by the file", command),
        List.of("Features of images that look like its training data."),
        List.of("What it was trained on, and with which biases, its publisher may say."),
        tags);
  }
}
