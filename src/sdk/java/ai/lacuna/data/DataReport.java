package ai.lacuna.data;

import com.google.gson.GsonBuilder;
import java.util.List;
import java.util.Map;

/**
 * What a {@link DataCheck} found.
 *
 * <p>Damaged files, strays, empty classes, exact duplicates, overlap, odd and small images are
 * findings; near duplicates, wrong suffixes and hidden files are remarks.
 *
 * @param source what was checked
 * @param parts the parts, such as training and test data
 * @param duplicates groups of images with the same pixels, in one part or over several
 * @param nearDuplicates groups of images that hardly differ, but are no exact duplicates
 * @param nearDuplicatesComplete whether all pairs were compared; false when there are too many
 * @param overlap names of images of later parts whose pixels are in the first part
 */
public record DataReport(
    String source,
    List<Part> parts,
    List<Group> duplicates,
    List<Group> nearDuplicates,
    boolean nearDuplicatesComplete,
    List<String> overlap) {

  /** Copies the lists. */
  public DataReport {
    parts = List.copyOf(parts);
    duplicates = List.copyOf(duplicates);
    nearDuplicates = List.copyOf(nearDuplicates);
    overlap = List.copyOf(overlap);
  }

  /**
   * A part of the data.
   *
   * @param name such as {@code train}
   * @param images how many samples it has
   * @param classes readable samples of each class, in the order of the labels
   * @param sizes readable samples of each size, {@code height x width}, the most frequent first
   * @param colours readable samples of each kind: grey, grey as RGB, RGB, N channels
   * @param corrupt samples that cannot be read, each with the reason
   * @param strays what is neither a class nor an image
   * @param emptyClasses classes without an image
   * @param oddSized images that have not the size of at least nine tenths of the part
   * @param small images with a side less than the network's input
   * @param wrongSuffix images that are of another kind than their name says; they are read
   * @param hidden entries whose names begin with a dot; they are ignored
   */
  public record Part(
      String name,
      int images,
      Map<String, Integer> classes,
      Map<String, Integer> sizes,
      Map<String, Integer> colours,
      List<Problem> corrupt,
      List<String> strays,
      List<String> emptyClasses,
      List<String> oddSized,
      List<String> small,
      List<String> wrongSuffix,
      int hidden) {
    /**
     * Returns whether nothing is wrong with it by itself.
     *
     * @return true if there is no finding
     */
    public boolean clean() {
      return corrupt.isEmpty()
          && strays.isEmpty()
          && emptyClasses.isEmpty()
          && oddSized.isEmpty()
          && small.isEmpty();
    }
  }

  /**
   * A sample that cannot be read.
   *
   * @param image its name
   * @param reason what was expected and found
   */
  public record Problem(String image, String reason) {}

  /**
   * Images that are the same, or nearly.
   *
   * @param images their names, at least two
   * @param classes their different classes; more than one means that labels contradict each other
   * @param parts the different parts that they are in
   */
  public record Group(List<String> images, List<String> classes, List<String> parts) {}

  /**
   * Returns whether there is no finding.
   *
   * @return true if the data can be used as it is
   */
  public boolean clean() {
    return parts.stream().allMatch(Part::clean) && duplicates.isEmpty() && overlap.isEmpty();
  }

  /**
   * Writes JSON with everything in it.
   *
   * @return the text
   */
  public String toJson() {
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(this);
  }
}
