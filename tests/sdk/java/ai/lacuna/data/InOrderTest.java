package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InOrderTest {
  private static final int COUNT = 400;

  /** A thread may be held up between its turn and its work, but not for so many turns of others. */
  private static final int NEAR = 150;

  @Test
  void threadsStayNearEachOther() {
    List<Integer> places = Collections.synchronizedList(new ArrayList<>());
    InOrder.forEach(
        0,
        COUNT,
        place -> {
          places.add(place);
          sleep();
        });
    for (int i = 0; i < COUNT; i++) {
      int place = places.get(i);
      assertTrue(Math.abs(place - i) < NEAR, place + " as number " + i);
    }
    assertEquals(
        IntStream.range(0, COUNT).boxed().toList(), places.stream().sorted().toList(), "each once");
  }

  private static void sleep() {
    try {
      Thread.sleep(1);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void endsWithTheFirstFailure() {
    List<Integer> places = Collections.synchronizedList(new ArrayList<>());
    String message =
        String.valueOf(
            assertThrows(
                    IllegalStateException.class,
                    () ->
                        InOrder.forEach(
                            3,
                            1_000_000_000,
                            place -> {
                              places.add(place);
                              throw new IllegalStateException("no more");
                            }))
                .getMessage());
    assertTrue(message.endsWith("no more"), message);
    assertTrue(places.size() <= Runtime.getRuntime().availableProcessors() + 1, places.toString());
  }

  @Test
  void doesNothingForNoPlaces() {
    InOrder.forEach(5, 5, place -> assertEquals(-1, place));
  }
}
