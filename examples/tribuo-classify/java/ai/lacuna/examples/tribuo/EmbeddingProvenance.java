package ai.lacuna.examples.tribuo;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.encoder.Encoder;
import com.oracle.labs.mlrg.olcut.provenance.ObjectProvenance;
import com.oracle.labs.mlrg.olcut.provenance.Provenance;
import com.oracle.labs.mlrg.olcut.provenance.ProvenanceUtil.HashType;
import com.oracle.labs.mlrg.olcut.provenance.primitives.DateTimeProvenance;
import com.oracle.labs.mlrg.olcut.provenance.primitives.HashProvenance;
import com.oracle.labs.mlrg.olcut.provenance.primitives.StringProvenance;
import com.oracle.labs.mlrg.olcut.util.Pair;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.tribuo.provenance.DataSourceProvenance;
import org.tribuo.provenance.OutputFactoryProvenance;

/**
 * Where embeddings are from, kept in each model that is trained on them. Reading such a model needs
 * this class.
 *
 * @param data the name of the images
 * @param images a digest of the images and their labels
 * @param encoder the name of the encoder
 * @param weights a digest of its weights
 * @param features which of its blocks and tokens
 * @param labels what made the labels
 * @param time when they were computed
 */
public record EmbeddingProvenance(
    StringProvenance data,
    HashProvenance images,
    StringProvenance encoder,
    HashProvenance weights,
    StringProvenance features,
    OutputFactoryProvenance labels,
    DateTimeProvenance time)
    implements DataSourceProvenance {
  private static final String DATA = "data";
  private static final String ENCODER = "encoder";
  private static final String WEIGHTS = "encoder-weights-hash";
  private static final String FEATURES = "features";

  /** What Tribuo calls when it reads a model. */
  public EmbeddingProvenance(Map<String, Provenance> kept) {
    this(
        required(kept, DATA, StringProvenance.class),
        required(kept, RESOURCE_HASH, HashProvenance.class),
        required(kept, ENCODER, StringProvenance.class),
        required(kept, WEIGHTS, HashProvenance.class),
        required(kept, FEATURES, StringProvenance.class),
        required(kept, OUTPUT_FACTORY, OutputFactoryProvenance.class),
        required(kept, DATASOURCE_CREATION_TIME, DateTimeProvenance.class));
  }

  static EmbeddingProvenance of(
      Encoder encoder, List<Integer> blocks, ImageDataset data, OutputFactoryProvenance labels)
      throws IOException {
    return new EmbeddingProvenance(
        new StringProvenance(DATA, data.name()),
        new HashProvenance(HashType.SHA256, RESOURCE_HASH, data.fingerprint()),
        new StringProvenance(ENCODER, encoder.name()),
        new HashProvenance(HashType.SHA256, WEIGHTS, encoder.weights().sha256()),
        new StringProvenance(FEATURES, "class token and mean of the patches of blocks " + blocks),
        labels,
        new DateTimeProvenance(DATASOURCE_CREATION_TIME, OffsetDateTime.now(ZoneOffset.UTC)));
  }

  private static <P extends Provenance> P required(
      Map<String, Provenance> kept, String key, Class<P> type) {
    return ObjectProvenance.checkAndExtractProvenance(
        kept, key, type, EmbeddingProvenance.class.getSimpleName());
  }

  @Override
  public String getClassName() {
    return EmbeddingSource.class.getName();
  }

  @Override
  public Iterator<Pair<String, Provenance>> iterator() {
    return List.of(
            new Pair<String, Provenance>(DATA, data),
            new Pair<String, Provenance>(RESOURCE_HASH, images),
            new Pair<String, Provenance>(ENCODER, encoder),
            new Pair<String, Provenance>(WEIGHTS, weights),
            new Pair<String, Provenance>(FEATURES, features),
            new Pair<String, Provenance>(OUTPUT_FACTORY, labels),
            new Pair<String, Provenance>(DATASOURCE_CREATION_TIME, time))
        .iterator();
  }

  @Override
  public String toString() {
    return generateString("DataSource");
  }
}
