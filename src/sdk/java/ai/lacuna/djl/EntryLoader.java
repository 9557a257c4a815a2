package ai.lacuna.djl;

import ai.djl.MalformedModelException;
import ai.djl.repository.zoo.BaseModelLoader;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.util.Progress;
import ai.lacuna.zoo.ZooEntry;
import java.io.IOException;

/**
 * Loads one entry for criteria that mean it. DJL offers every criteria to every loader and takes
 * the first model that it gets, so that a loader which did not look at names would answer for
 * others.
 */
final class EntryLoader extends BaseModelLoader {
  private final ZooEntry entry;
  private final String name;

  EntryLoader(ZooEntry entry) {
    super(new EntryRepository(entry).model());
    this.entry = entry;
    this.name = entry.name();
  }

  /** Whether the criteria name this entry, or name no model but this zoo. */
  private boolean isMeant(Criteria<?, ?> criteria) {
    if (name.equals(criteria.getArtifactId()) || name.equals(criteria.getModelName())) {
      return true;
    }
    return criteria.getModelName() == null
        && (LacunaModelZoo.GROUP_ID.equals(criteria.getGroupId())
            || criteria.getModelZoo() instanceof LacunaModelZoo);
  }

  @Override
  public <I, O> ZooModel<I, O> loadModel(Criteria<I, O> criteria)
      throws IOException, ModelNotFoundException, MalformedModelException {
    if (!isMeant(criteria)) {
      throw new ModelNotFoundException(
          "%s: expected criteria with optModelName(\"%s\"), found %s; or use djl://%s/%s"
              .formatted(name, name, criteria.getModelName(), LacunaModelZoo.GROUP_ID, name));
    }
    return super.loadModel(criteria);
  }

  @Override
  public <I, O> boolean isDownloaded(Criteria<I, O> criteria)
      throws IOException, ModelNotFoundException {
    // Looking for the prepared folder takes the weights' digest, and so perhaps the weights.
    return !isMeant(criteria) || (entry.isHere() && super.isDownloaded(criteria));
  }

  @Override
  public <I, O> void downloadModel(Criteria<I, O> criteria, Progress progress)
      throws IOException, ModelNotFoundException {
    if (isMeant(criteria)) {
      super.downloadModel(criteria, progress);
    }
  }
}
