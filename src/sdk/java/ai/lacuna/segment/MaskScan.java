package ai.lacuna.segment;

import ai.lacuna.data.DataException;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Looks at each mask once, before anything is trained: which classes there are. */
final class MaskScan {
  private static final int VALUES = 256;

  /** The first mask that has each value. */
  private final Map<Integer, Path> seen = new HashMap<>();

  /**
   * What a mask holds.
   *
   * @param values whether each value is there
   * @param wrong what is wrong with it; nothing, or one error
   */
  @SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
  private record Look(boolean[] values, List<DataException> wrong) {}

  /**
   * Reads masks, on all processors.
   *
   * @param names of the classes; empty if they are those that are found
   * @throws DataException of the first mask that is damaged, has another class, or is not of its
   *     image's size as the image's header has it
   */
  void read(List<MaskedFolder.Pair> pairs, List<String> names) throws IOException {
    List<Look> looks;
    try {
      looks = pairs.parallelStream().map(pair -> look(pair, names)).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    for (int i = 0; i < looks.size(); i++) {
      for (DataException wrong : looks.get(i).wrong()) {
        throw wrong;
      }
      for (int value = 0; value < VALUES; value++) {
        if (looks.get(i).values()[value]) {
          seen.putIfAbsent(value, pairs.get(i).mask());
        }
      }
    }
  }

  private static Look look(MaskedFolder.Pair pair, List<String> names) {
    Path file = pair.mask();
    boolean[] values = new boolean[VALUES];
    Pixels mask;
    try {
      mask = MaskPng.read(file);
    } catch (DataException e) {
      return new Look(values, List.of(e));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (int i = 0; i < mask.data().length; i++) {
      int value = mask.data()[i] & 0xff;
      values[value] = true;
      if (!names.isEmpty() && value >= names.size() && value != Masks.IGNORED) {
        return new Look(values, List.of(outside(file, mask, i, names)));
      }
    }
    return new Look(values, ImageHeader.misfit(pair, mask).stream().toList());
  }

  private static DataException outside(Path file, Pixels mask, int at, List<String> names) {
    return new DataException(
        ("%s, row %s, column %s: expected a class from 0 to %s, or 255 for ignored, found %s; name"
                + " the class or mend the mask")
            .formatted(
                file,
                at / mask.width(),
                at % mask.width(),
                names.size() - 1,
                mask.data()[at] & 0xff));
  }

  /**
   * The numbers of the classes that were seen, as names.
   *
   * @param where for errors
   * @throws DataException if numbers are left out between them, as in masks that are no classes
   */
  List<String> numbers(Path where) {
    int greatest = IntStream.range(0, Masks.IGNORED).filter(seen::containsKey).max().orElse(-1);
    List<Integer> absent =
        IntStream.range(0, greatest).filter(value -> !seen.containsKey(value)).boxed().toList();
    if (!absent.isEmpty()) {
      throw new DataException(
          ("%s: expected masks with classes 0, 1, 2, ..., found values up to %s (in %s)"
                  + " but no %s; give a file of class names if some class has no pixel, or mend"
                  + " the mask")
              .formatted(where, greatest, seen.get(greatest), absent.get(0)));
    }
    return IntStream.rangeClosed(0, greatest).mapToObj(String::valueOf).toList();
  }
}
