package ai.lacuna.finetune;

import ai.lacuna.data.DataException;
import ai.lacuna.vit.HeadConfig.Target;
import java.util.List;

/** The class that a data set gives each image. */
record ClassTargets(List<String> names) implements Targets {
  @Override
  public Target target() {
    return Target.CLASSES;
  }

  @Override
  public float[] of(long sampleId, int label) {
    if (label < 0 || label >= names.size()) {
      throw new DataException(
          "sample %s: expected a label from 0 to %s, found %s; give labelled data"
              .formatted(sampleId, names.size() - 1, label));
    }
    float[] values = new float[names.size()];
    values[label] = 1;
    return values;
  }
}
