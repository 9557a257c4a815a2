package ai.lacuna.data;

import java.util.List;

/**
 * What is read of the labels when data is opened.
 *
 * @param kind classes, annotations, or nothing
 * @param fields of the {@code .json} members of shards, the first that is there counts
 * @param required whether every such member must have one of the fields
 */
public record Labelling(Kind kind, List<String> fields, boolean required) {

  /** What labels are read as. */
  public enum Kind {
    /** They are not looked at. */
    NONE,
    /** They are not looked at, nor are tables and whatever else lies beside images. */
    IGNORED,
    /** One class for each image. */
    CLASSES,
    /** Whatever there is: {@link AnnotatedDataset}. Shards only. */
    ANNOTATIONS
  }

  /** Copies the fields. */
  public Labelling {
    fields = List.copyOf(fields);
  }

  /** Nothing. */
  public static Labelling none() {
    return new Labelling(Kind.NONE, List.of(), false);
  }

  /** Nothing, and in a folder of images only these count, as for a table of labels beside them. */
  public static Labelling ignored() {
    return new Labelling(Kind.IGNORED, List.of(), false);
  }

  /** Classes; in the {@code .json} members of shards, {@code label} or {@code cls}. */
  public static Labelling classes() {
    return new Labelling(Kind.CLASSES, List.of("label", "cls"), false);
  }

  /**
   * Classes of shards, from their {@code .json} members alone.
   *
   * @param field that every one of them has
   * @return the labelling
   */
  public static Labelling classes(String field) {
    return new Labelling(Kind.CLASSES, List.of(field), true);
  }

  /**
   * Annotations of shards, from their {@code .json} members.
   *
   * @param fields of which every one of them has one
   * @return the labelling
   */
  public static Labelling annotations(List<String> fields) {
    return new Labelling(Kind.ANNOTATIONS, fields, true);
  }

  boolean isAny() {
    return kind == Kind.CLASSES || kind == Kind.ANNOTATIONS;
  }

  /** Whether only shards can give it. */
  boolean needsShards() {
    return kind == Kind.ANNOTATIONS || required;
  }
}
