package ai.lacuna.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Tar archives of images, in the layout of the WebDataset library.
 *
 * <p>The members of a sample share their name up to the first dot: {@code 0007.jpg} is its image
 * (PNG, JPEG, GIF, BMP, TIFF or WebP), {@code 0007.cls} the number of its class in decimal digits;
 * a {@code 0007.json}, an object, may hold the number or the name of the class as {@code label} or
 * {@code cls} in its place, and annotations of other kinds ({@link AnnotationJson}). A file {@code
 * classes.json} beside the shards, an array, names the classes; without one, those that are named
 * in {@code .json} members are numbered in alphabetical order. Samples are numbered through the
 * shards in their order.
 *
 * <p>Left alone are members of other kinds, names that begin with a dot or have none ({@code
 * .DS_Store}, {@code README}), all in a folder {@code __MACOSX} or {@code PaxHeaders}, and members
 * at the top whose name or folder is {@code __NAME__}, as WebDataset's own notes. A {@code .json}
 * without an image, such as a description of the shard, is passed over and said in the log; a
 * {@code .cls} without one is an error, for it tells of an image that is missing.
 *
 * <p>The headers are read once and kept in memory. Plain archives are then read at any place.
 * Gzipped ones are read in their order: a {@link Loader} shuffles them by whole shards and through
 * a buffer, and {@link ImageDataset#get} unpacks some 64 MB around what is asked for.
 */
public final class WebDataset implements AnnotatedDataset {
  private final Shards shards;

  private WebDataset(Shards shards) {
    this.shards = shards;
  }

  /**
   * Opens shards with their labels, if they have any.
   *
   * @param shards the archives, {@code .tar} or {@code .tar.gz}, told by their content
   * @return the samples of all of them
   * @throws DataException if a shard is cut, damaged, or holds a member twice; if a {@code .cls}
   *     has no image; if some samples have labels and others have not
   * @throws IOException if a shard cannot be read
   */
  public static EncodedDataset open(List<Path> shards) throws IOException {
    return open(shards, Labelling.classes());
  }

  /**
   * Opens shards without looking at labels.
   *
   * @param shards the archives, {@code .tar} or {@code .tar.gz}, told by their content
   * @return the samples of all of them, without a label
   * @throws DataException if a shard is cut, damaged, or holds a member twice
   * @throws IOException if a shard cannot be read
   */
  public static EncodedDataset openUnlabelled(List<Path> shards) throws IOException {
    return open(shards, Labelling.none());
  }

  /**
   * Opens shards.
   *
   * @param paths the archives, {@code .tar} or {@code .tar.gz}, told by their content
   * @param labelling what is read of labels
   * @return the samples of all of them; with annotations if those were asked for
   * @throws DataException as {@link #open(List)}, and if a {@code .json} member is no object or
   *     lacks a field that is required
   * @throws IOException if a shard cannot be read
   */
  public static AnnotatedDataset open(List<Path> paths, Labelling labelling) throws IOException {
    Shards shards = Shards.index(paths, labelling);
    return shards.gzipped() ? new StreamedShards(shards) : new WebDataset(shards);
  }

  @Override
  public int size() {
    return shards.size();
  }

  @Override
  public EncodedImage encoded(int index) throws IOException {
    TarMember member = shards.member(index);
    Path path = shards.shard(shards.shardOf(index)).path();
    byte[] bytes = FileSlice.read(path, member.offset(), member.length());
    return new EncodedImage(index, shards.where(index), bytes, member.label());
  }

  @Override
  public int label(int index) {
    return shards.member(index).label();
  }

  @Override
  public Annotation annotation(int index) {
    return shards.annotation(index);
  }

  @Override
  public String where(int index) {
    return shards.where(index);
  }

  @Override
  public List<String> classNames() {
    return shards.classNames();
  }

  @Override
  public String name() {
    return shards.name();
  }

  /** Over the names, lengths and times of change of the shards. */
  @Override
  public String fingerprint() throws IOException {
    return shards.fingerprint();
  }
}
