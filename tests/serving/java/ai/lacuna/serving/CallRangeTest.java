package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class CallRangeTest {
  private static List<Integer> lengths(List<CallRange> ranges) {
    return ranges.stream().map(range -> range.end() - range.start()).toList();
  }

  @Test
  void cutsByNumberAndWhereImagesDoNotJoin() {
    assertEquals(List.of(4, 4, 1), lengths(CallRange.of(9, 4, i -> 100, i -> true)));
    assertEquals(List.of(3, 4, 2), lengths(CallRange.of(9, 4, i -> 100, i -> i != 3)));
    assertEquals(List.of(), CallRange.of(0, 4, i -> 100, i -> true));
    assertEquals(List.of(3), lengths(CallRange.of(3, Integer.MAX_VALUE, i -> 100, i -> true)));
  }

  /** 32 photographs of 24 megapixels have 2.3 GB, which no buffer holds. */
  @Test
  void givesLargeImagesSmallCalls() {
    List<CallRange> ranges = CallRange.of(32, 32, i -> 72_000_000, i -> true);
    assertEquals(List.of(3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2), lengths(ranges));
    assertEquals(new CallRange(30, 32), ranges.get(10));
  }

  @Test
  void leavesAnImageThatIsLargerByItself() {
    long huge = 3L * Pixels.MAX_PIXELS * 2;
    assertEquals(List.of(1, 1, 2), lengths(CallRange.of(4, 2, i -> i < 2 ? huge : 1, i -> true)));
  }
}
