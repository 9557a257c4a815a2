package ai.lacuna.djl;

import ai.djl.Application;
import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.License;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.util.Progress;
import ai.lacuna.serving.BundleException;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.WeightsException;
import ai.lacuna.zoo.ZooEntry;
import ai.lacuna.zoo.ZooException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One entry of the zoo as a repository of DJL, whose only resource is that entry's model. */
final class EntryRepository extends AbstractRepository {
  /** The version of every entry: other weights have another name. */
  private static final String VERSION = "1.0";

  private final ZooEntry entry;
  private final PreparedEntry prepared;

  EntryRepository(ZooEntry entry) {
    this(entry, "Lacuna", address(entry));
  }

  /**
   * @param entry which
   * @param name what DJL calls the repository
   * @param address its address; what its query says are arguments, as in {@code ?pooling=mean}
   */
  EntryRepository(ZooEntry entry, String name, URI address) {
    super(name, address);
    this.entry = entry;
    this.prepared = new PreparedEntry(entry);
  }

  private static URI address(ZooEntry entry) {
    return URI.create("djl://" + LacunaModelZoo.GROUP_ID + "/" + entry.name());
  }

  /** The resource. */
  MRL model() {
    return model(application(), LacunaModelZoo.GROUP_ID, entry.name());
  }

  /** DJL has none for embeddings nor for values, for which this takes that of all images. */
  private Application application() {
    return switch (entry.listing().target()) {
      case CLASSES, LABELS -> Application.CV.IMAGE_CLASSIFICATION;
      case VALUES, NONE -> Application.CV.ANY;
    };
  }

  @Override
  public boolean isRemote() {
    return true; // Its files come from elsewhere into DJL's cache.
  }

  @Override
  public Metadata locate(MRL mrl) {
    Metadata metadata = new Metadata();
    metadata.setMetadataVersion("0.2");
    metadata.setResourceType("model");
    metadata.setGroupId(LacunaModelZoo.GROUP_ID);
    metadata.setArtifactId(entry.name());
    metadata.setName(entry.name());
    metadata.setDescription(entry.listing().about().summary());
    metadata.setWebsite(entry.listing().about().paper());
    metadata.setApplication(application());
    metadata.setRepositoryUri(mrl.toURI());
    License license = new License();
    license.setId(entry.listing().about().license());
    license.setName(entry.listing().about().license());
    metadata.addLicense(license);
    metadata.setArtifacts(List.of(artifact()));
    metadata.init(arguments);
    return metadata;
  }

  private Artifact artifact() {
    VitConfig config = entry.config();
    Artifact artifact = new Artifact();
    artifact.setName(entry.name());
    artifact.setVersion(VERSION);
    artifact.setProperties(
        Map.of(
            "family",
            "vit",
            "image_size",
            config.imageHeight() + "x" + config.imageWidth(),
            "channels",
            Integer.toString(config.channels()),
            "patch_size",
            Integer.toString(config.patchSize()),
            "parameters",
            Long.toString(entry.listing().parameters())));
    artifact.setArguments(
        new HashMap<>(Map.of("translatorFactory", LacunaTranslatorFactory.class.getName())));
    artifact.setOptions(Map.of("mapLocation", "true"));
    artifact.setFiles(Map.of());
    return artifact;
  }

  @Override
  public Artifact resolve(MRL mrl, Map<String, String> filter) {
    return locate(mrl).getArtifacts().get(0);
  }

  @Override
  public Path getResourceDirectory(Artifact artifact) throws IOException {
    return prepared.below(getCacheDirectory());
  }

  /** Writes the entry into DJL's cache as a TorchScript archive, or checks what is there. */
  @Override
  public void prepare(Artifact artifact, Progress progress) throws IOException {
    Optional<Progress> bar = Optional.ofNullable(progress);
    bar.ifPresent(p -> p.reset("Preparing " + entry.name(), 1));
    try {
      prepared.writeOrVerify(getResourceDirectory(artifact));
    } catch (ZooException | WeightsException | BundleException e) {
      throw new IOException(e.getMessage(), e);
    } finally {
      bar.ifPresent(Progress::end);
    }
  }

  @Override
  public List<MRL> getResources() {
    return List.of(model());
  }
}
