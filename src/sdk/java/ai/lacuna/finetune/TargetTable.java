package ai.lacuna.finetune;

import ai.lacuna.data.DataException;
import ai.lacuna.vit.HeadConfig.Target;
import java.util.List;
import java.util.Map;

/** Targets by the sample's id. */
record TargetTable(Target target, List<String> names, Map<Long, float[]> bySample)
    implements Targets {

  /**
   * @throws DataException if a row has another length than there are names, or a number that is not
   *     finite
   */
  TargetTable {
    bySample.forEach((id, row) -> check(id, row, target, names));
  }

  private static void check(long id, float[] row, Target target, List<String> names) {
    if (row.length != names.size()) {
      throw new DataException(
          "targets of sample %s: expected %s numbers, found %s"
              .formatted(id, names.size(), row.length));
    }
    for (float value : row) {
      boolean fits = target == Target.LABELS ? value == 0 || value == 1 : Float.isFinite(value);
      if (!fits) {
        throw new DataException(
            "targets of sample %s: expected %s, found %s"
                .formatted(id, target == Target.LABELS ? "0 or 1" : "finite numbers", value));
      }
    }
  }

  @Override
  public float[] of(long sampleId, int label) {
    float[] row = bySample.get(sampleId);
    if (row == null) {
      throw new DataException(
          "sample %s: expected its targets, found none; add it to the table or leave it out"
              .formatted(sampleId));
    }
    return row.clone();
  }
}
