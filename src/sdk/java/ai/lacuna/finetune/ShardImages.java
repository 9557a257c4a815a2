package ai.lacuna.finetune;

import ai.lacuna.data.AnnotatedDataset;
import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.vit.HeadConfig.Target;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Images and the labels or values that their {@code .json} members in shards give: see {@link
 * ai.lacuna.data.AnnotationJson}. Classes need none of this; the data set has them.
 */
public final class ShardImages {
  private ShardImages() {}

  /**
   * Reads the labels or values that occur.
   *
   * @param images shards that were opened with annotations
   * @param target labels or values
   * @return the images with their targets
   * @throws DataException if a sample has another kind of answer
   */
  public static LabelledImages of(ImageDataset images, Target target) {
    if (target == Target.CLASSES) {
      return LabelledImages.of(images);
    }
    AnswerRows answers = answers(images);
    return new LabelledImages(
        images,
        target == Target.LABELS
            ? answers.labels(answers.labelNames())
            : answers.values(answers.valueNames()));
  }

  /**
   * Reads the labels or values of another data set.
   *
   * @param images shards that were opened with annotations
   * @param like whose labels or values they have
   * @return the images with their targets
   * @throws DataException if a sample has another kind of answer, or one that the other has not
   */
  public static LabelledImages of(ImageDataset images, Targets like) {
    if (like.target() == Target.CLASSES) {
      return LabelledImages.of(images);
    }
    AnswerRows answers = answers(images);
    return new LabelledImages(
        images,
        like.target() == Target.LABELS
            ? answers.labels(like.names())
            : answers.values(like.names()));
  }

  private static AnswerRows answers(ImageDataset images) {
    if (!(images instanceof AnnotatedDataset annotated)) {
      throw new DataException(
          images.name() + ": expected shards with labels in .json members, found other data");
    }
    List<AnswerRows.Row> rows =
        IntStream.range(0, annotated.size())
            .mapToObj(i -> new AnswerRows.Row(annotated.where(i), annotated.annotation(i)))
            .toList();
    return new AnswerRows(rows);
  }
}
