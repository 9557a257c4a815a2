package ai.lacuna.finetune;

import ai.lacuna.vit.HeadConfig.Target;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is to be predicted for each image: a class, any of several labels, or numbers. */
public interface Targets {
  /**
   * Says what kind of target it is.
   *
   * @return the kind
   */
  Target target();

  /**
   * Returns what the outputs are called.
   *
   * @return a name for each class, label or value
   */
  List<String> names();

  /**
   * Returns what is right for an image.
   *
   * @param sampleId the id of the sample in its data set
   * @param label its class, or {@link ai.lacuna.data.Sample#NO_LABEL}
   * @return a number for each name: for classes and labels 0 or 1
   * @throws ai.lacuna.data.DataException if nothing is known of it
   */
  float[] of(long sampleId, int label);

  /**
   * The class of each image, as its data set has it.
   *
   * @param classNames the name of each label
   * @return targets of one class each
   */
  static Targets classes(List<String> classNames) {
    return new ClassTargets(List.copyOf(classNames));
  }

  /**
   * Any number of labels for each image.
   *
   * @param names of the labels
   * @param bySample 1 where an image has the label and 0 where not, by the sample's id
   * @return targets of labels
   */
  static Targets labels(List<String> names, Map<Long, float[]> bySample) {
    return new TargetTable(Target.LABELS, List.copyOf(names), new HashMap<>(bySample));
  }

  /**
   * Numbers for each image.
   *
   * @param names of the numbers
   * @param bySample the numbers by the sample's id, in any unit: a head learns them less the
   *     training images' mean, over their deviation
   * @return targets of values
   */
  static Targets values(List<String> names, Map<Long, float[]> bySample) {
    return new TargetTable(Target.VALUES, List.copyOf(names), new HashMap<>(bySample));
  }
}
