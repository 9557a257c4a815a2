package ai.lacuna.zoo;

import ai.lacuna.files.FileReplacement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The content of an entry's {@code studies.json}: figures that were repeated with several seeds.
 *
 * @param studies in the order of their first recording
 */
public record ZooStudies(List<ZooStudy> studies) {
  static final String FILE = "studies.json";

  /** Copies the list. */
  public ZooStudies {
    studies = List.copyOf(studies);
  }

  /**
   * What was measured, before it is known to be of an entry's weights.
   *
   * @param method see {@link ZooStudy}
   * @param setting its particulars
   * @param labels how many labelled images it was given
   * @param data on what it was judged
   * @param accuracies top-1 of each repetition, 0 to 100 %
   * @param seeds those of the repetitions, or none if one command repeated them all
   * @param command what repeats the first one, from the root of the repository
   * @param seconds that all of them took
   * @param machine where, as {@link ZooResult.Run} says it
   */
  public record Found(
      String method,
      String setting,
      int labels,
      Measurement.Data data,
      List<Double> accuracies,
      List<Long> seeds,
      String command,
      double seconds,
      String machine) {}

  /**
   * Records figures, and drops those of other weights. Other seeds of a recorded study are added to
   * it; what is of the same method, number of labels and data in another setting is replaced.
   *
   * @param zoo the zoo's folder on disk
   * @param name the entry
   * @param weightsDigest the digest of the weights that were measured, {@link
   *     ai.lacuna.weights.NamedTensors#sha256}
   * @param found the figures
   * @throws ZooException if there is no such entry, its files are damaged, or its weights are
   *     others
   * @throws IOException if {@code studies.json} cannot be written
   */
  public static void record(Path zoo, String name, String weightsDigest, List<Found> found)
      throws IOException {
    ZooLock.hold(zoo, () -> add(zoo, name, weightsDigest, found));
  }

  private static Path add(Path zoo, String name, String weightsDigest, List<Found> found)
      throws IOException {
    ZooEntry entry = ZooResults.requireWeights(zoo, name, weightsDigest);
    List<ZooStudy> all = new ArrayList<>(entry.studies());
    for (Found each : found) {
      ZooStudy study =
          new ZooStudy(
              each.method(),
              each.setting(),
              each.labels(),
              each.data(),
              each.accuracies(),
              each.seeds(),
              ZooResults.run(entry, each.command(), each.seconds(), each.machine()));
      int place = 0;
      while (place < all.size() && !all.get(place).repeats(study)) {
        place++;
      }
      if (place < all.size()) {
        all.set(place, study.with(all.get(place)));
      } else {
        all.add(study);
      }
    }
    FileReplacement.write(zoo.resolve(name).resolve(FILE), ZooJson.write(new ZooStudies(all)));
    return ZooPublisher.renewIndex(zoo);
  }
}
