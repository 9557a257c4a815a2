package ai.lacuna.serving;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;

/**
 * Images of a list that go through a network in one call.
 *
 * @param start the first
 * @param end one beyond the last
 */
record CallRange(int start, int end) {
  /**
   * Bytes of the images of a call, and of its answers, unless those of one image are more. A buffer
   * holds 2 GiB; and an any-size model takes a dozen times the bytes of its images while it runs.
   */
  static final long MOST_BYTES = 256L << 20;

  /**
   * Cuts a list into calls.
   *
   * @param images of the list
   * @param most of a call, at least 1
   * @param bytes of an image or of its answer, whichever is more
   * @param joins whether an image may follow the one before it
   */
  static List<CallRange> of(int images, int most, IntToLongFunction bytes, IntPredicate joins) {
    List<CallRange> ranges = new ArrayList<>();
    int start = 0;
    while (start < images) {
      long each = Math.max(1, bytes.applyAsLong(start));
      long fits = Math.max(1, Math.min(most, MOST_BYTES / each));
      int end = start + 1;
      while (end < images && end - start < fits && joins.test(end)) {
        end++;
      }
      ranges.add(new CallRange(start, end));
      start = end;
    }
    return ranges;
  }
}
