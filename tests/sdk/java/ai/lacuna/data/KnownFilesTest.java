package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class KnownFilesTest {
  @Test
  void knowsWhatWasAddedAndNothingElse() {
    KnownFiles known = new KnownFiles(1000);
    for (int i = 0; i < 1000; i++) {
      known.add(digest(i, 7));
    }
    long there = LongStream.range(0, 1000).filter(i -> known.has(digest(i, 7))).count();
    assertTrue(there >= 990, "of 1000 are known " + there);
    assertEquals(0, LongStream.range(0, 1000).filter(i -> known.has(digest(i, 8))).count());
  }

  @Test
  void forgetsWhatDoesNotFit() {
    KnownFiles known = new KnownFiles(1);
    for (int i = 0; i < 1000; i++) {
      known.add(digest(i, 0));
    }
    long there = LongStream.range(0, 1000).filter(i -> known.has(digest(i, 0))).count();
    assertTrue(there >= 1 && there <= 16, "of 1000 are known " + there);
    assertFalse(known.has(digest(1001, 0)));
  }

  @Test
  void tellsFilesApartByContentLengthAndPlace() {
    long one = digest(1, 2);
    assertNotEquals(one, digest(2, 2));
    assertNotEquals(one, digest(1, 3));
    assertNotEquals(one, KnownFiles.digest(new EncodedImage(1, "a", new byte[] {2, 0, 0}, 0)));
    assertEquals(one, digest(1, 2));
  }

  private static long digest(long id, int content) {
    return KnownFiles.digest(new EncodedImage(id, "a", new byte[] {(byte) content, 0}, 0));
  }
}
