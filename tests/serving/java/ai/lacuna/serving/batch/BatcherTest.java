package ai.lacuna.serving.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.batch.BatchListener.Outcome;
import ai.lacuna.serving.batch.RejectedRequestException.Reason;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class BatcherTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final BatchOptions PATIENT =
      BatchOptions.defaults().withMaxDelay(LONG).withTimeout(LONG);

  /** Records batches; answers a number by its square, or fails on a negative one. */
  private static final class Squares implements Batcher.BatchFunction<Integer, Integer> {
    private final List<List<Integer>> batches = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch gate;
    private final CountDownLatch running = new CountDownLatch(1);

    Squares(int closedGates) {
      this.gate = new CountDownLatch(closedGates);
    }

    @Override
    public List<Integer> apply(List<Integer> requests) throws InterruptedException {
      running.countDown();
      gate.await();
      batches.add(List.copyOf(requests));
      if (requests.stream().anyMatch(each -> each < 0)) {
        throw new IllegalArgumentException("expected 0 or more, found a negative number");
      }
      return requests.stream().map(each -> each * each).toList();
    }
  }

  /** Counts outcomes and the sizes of batches. */
  private static final class Counts implements BatchListener {
    private final Map<Outcome, Integer> ended = new EnumMap<>(Outcome.class);
    private final AtomicInteger requests = new AtomicInteger();

    @Override
    public synchronized void ended(Outcome outcome, Duration took) {
      ended.merge(outcome, 1, Integer::sum);
    }

    @Override
    public void ran(int size, Duration took) {
      requests.addAndGet(size);
    }

    synchronized Map<Outcome, Integer> all() {
      return Map.copyOf(ended);
    }
  }

  @Test
  void runsAFullBatchAtOnceAndGivesEachItsOwnAnswer() {
    Squares squares = new Squares(0);
    try (Batcher<Integer, Integer> batcher = new Batcher<>(squares, PATIENT.withMaxBatch(4))) {
      List<CompletableFuture<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        answers.add(batcher.submit(i));
      }
      for (int i = 0; i < 8; i++) {
        assertEquals(i * i, answers.get(i).join());
      }
    }
    assertEquals(List.of(4, 4), squares.batches.stream().map(List::size).toList());
  }

  @Test
  void runsWhatHasComeWhenTheFirstHasWaitedLongEnough() throws InterruptedException {
    Squares squares = new Squares(0);
    BatchOptions options = PATIENT.withMaxDelay(Duration.ofMillis(20));
    try (Batcher<Integer, Integer> batcher = new Batcher<>(squares, options)) {
      assertEquals(49, batcher.call(7));
    }
    assertEquals(List.of(List.of(7)), squares.batches);
  }

  @Test
  void gathersWhileABatchRuns() throws InterruptedException {
    Squares squares = new Squares(1);
    BatchOptions options = PATIENT.withMaxDelay(Duration.ZERO);
    try (Batcher<Integer, Integer> batcher = new Batcher<>(squares, options)) {
      CompletableFuture<Integer> first = batcher.submit(1);
      squares.running.await();
      CompletableFuture<Integer> second = batcher.submit(2);
      CompletableFuture<Integer> third = batcher.submit(3);
      assertEquals(2, batcher.waiting());
      squares.gate.countDown();
      assertEquals(14, first.join() + second.join() + third.join());
    }
    assertEquals(List.of(List.of(1), List.of(2, 3)), squares.batches);
  }

  @Test
  void refusesWhatTheQueueCannotHold() throws InterruptedException {
    Squares squares = new Squares(1);
    Counts counts = new Counts();
    BatchOptions options = PATIENT.withMaxDelay(Duration.ZERO).withQueueCapacity(2);
    try (Batcher<Integer, Integer> batcher = new Batcher<>(squares, options, counts)) {
      CompletableFuture<Integer> first = batcher.submit(1);
      squares.running.await();
      CompletableFuture<Integer> second = batcher.submit(2);
      CompletableFuture<Integer> cancelled = batcher.submit(3);
      RejectedRequestException e =
          assertThrows(RejectedRequestException.class, () -> batcher.submit(4));
      assertEquals(Reason.OVERLOADED, e.reason());
      assertEquals(
          "expected room for a request, found 2 of 2 waiting; try again later", e.getMessage());
      // A request that its caller gave up makes room.
      cancelled.cancel(false);
      CompletableFuture<Integer> late = batcher.submit(5);
      squares.gate.countDown();
      assertEquals(1 + 4 + 25, first.join() + second.join() + late.join());
    }
    assertFalse(squares.batches.stream().anyMatch(batch -> batch.contains(3)));
    assertEquals(
        Map.of(Outcome.ANSWERED, 3, Outcome.CANCELLED, 1, Outcome.REJECTED, 1), counts.all());
  }

  @Test
  void aReservedPlaceCountsUntilItIsUsedOrGivenBack() {
    Squares squares = new Squares(0);
    Counts counts = new Counts();
    BatchOptions options = PATIENT.withMaxBatch(2).withQueueCapacity(2);
    try (Batcher<Integer, Integer> batcher = new Batcher<>(squares, options, counts)) {
      Batcher<Integer, Integer>.Place first = batcher.reserve();
      Batcher<Integer, Integer>.Place second = batcher.reserve();
      assertEquals(2, batcher.waiting());
      RejectedRequestException e =
          assertThrows(RejectedRequestException.class, () -> batcher.submit(1));
      assertEquals(Reason.OVERLOADED, e.reason());
      second.close();
      second.close();
      CompletableFuture<Integer> other = batcher.submit(3);
      CompletableFuture<Integer> answer = first.submit(2);
      assertEquals(4 + 9, answer.join() + other.join());
      assertThrows(IllegalStateException.class, () -> first.submit(2));
      assertThrows(IllegalStateException.class, () -> second.submit(2));
    }
    assertEquals(Map.of(Outcome.ANSWERED, 2, Outcome.REJECTED, 1), counts.all());
  }

  /** Two workers that wait for each other would be as bad as one that waits for itself. */
  @Test
  void closingWithinAnAnswerWaitsForNoWorker() {
    Squares squares = new Squares(1);
    BatchOptions options = new BatchOptions(1, Duration.ZERO, 8, LONG, 2);
    Batcher<Integer, Integer> batcher = new Batcher<>(squares, options);
    List<CompletableFuture<Void>> closed = new ArrayList<>();
    List<CompletableFuture<Integer>> answers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      CompletableFuture<Integer> answer = batcher.submit(i);
      answers.add(answer);
      closed.add(answer.thenAccept(any -> batcher.close()));
    }
    squares.gate.countDown();
    closed.forEach(CompletableFuture::join);
    batcher.close();
    for (int i = 0; i < 6; i++) {
      assertEquals(i * i, answers.get(i).join());
    }
    assertEquals(
        Reason.CLOSED, assertThrows(RejectedRequestException.class, batcher::reserve).reason());
  }

  @Test
  void closingWaitsForAReservedPlaceAndAnswersItsRequest() throws InterruptedException {
    Squares squares = new Squares(0);
    Batcher<Integer, Integer> batcher = new Batcher<>(squares, PATIENT);
    Batcher<Integer, Integer>.Place place = batcher.reserve();
    Batcher<Integer, Integer>.Place unused = batcher.reserve();
    Thread closing = new Thread(batcher::close);
    closing.start();
    while (closing.getState() != Thread.State.TIMED_WAITING) {
      Thread.sleep(1);
    }
    assertEquals(
        Reason.CLOSED, assertThrows(RejectedRequestException.class, batcher::reserve).reason());
    CompletableFuture<Integer> answer = place.submit(6);
    assertEquals(36, answer.join());
    unused.close();
    closing.join();
  }

  @Test
  void closingGivesUpAPlaceThatNobodyUses() {
    BatchOptions options = PATIENT.withTimeout(Duration.ofMillis(50));
    Batcher<Integer, Integer> batcher = new Batcher<>(new Squares(0), options);
    Batcher<Integer, Integer>.Place forgotten = batcher.reserve();
    batcher.close();
    assertEquals(
        Reason.CLOSED,
        assertThrows(RejectedRequestException.class, () -> forgotten.submit(1)).reason());
  }

  @Test
  void refusesWhileTheListenerOfAnotherRefusalIsBusy() throws InterruptedException {
    CountDownLatch heard = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    BatchListener slow =
        new BatchListener() {
          @Override
          public void ended(Outcome outcome, Duration took) {
            heard.countDown();
            try {
              gate.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    try (Batcher<Integer, Integer> batcher =
        new Batcher<>(new Squares(0), PATIENT.withQueueCapacity(1), slow)) {
      Batcher<Integer, Integer>.Place place = batcher.reserve();
      Thread refused =
          new Thread(() -> assertThrows(RejectedRequestException.class, batcher::reserve));
      refused.start();
      heard.await();
      place.close(); // would never return if the listener were told under the lock
      batcher.reserve().close();
      gate.countDown();
      refused.join();
    }
  }

  @Test
  void oneBadRequestSpoilsNoOther() {
    Squares squares = new Squares(0);
    Counts counts = new Counts();
    try (Batcher<Integer, Integer> batcher =
        new Batcher<>(squares, PATIENT.withMaxBatch(3), counts)) {
      CompletableFuture<Integer> good = batcher.submit(3);
      CompletableFuture<Integer> bad = batcher.submit(-1);
      CompletableFuture<Integer> other = batcher.submit(4);
      assertEquals(9, good.join());
      assertEquals(16, other.join());
      ExecutionException e = assertThrows(ExecutionException.class, bad::get);
      assertInstanceOf(IllegalArgumentException.class, e.getCause());
    }
    assertEquals(Map.of(Outcome.ANSWERED, 2, Outcome.FAILED, 1), counts.all());
    assertEquals(3 + 3, counts.requests.get());
  }

  @Test
  void failsARequestThatTakesTooLong() throws InterruptedException {
    Squares squares = new Squares(1);
    Counts counts = new Counts();
    BatchOptions options = PATIENT.withMaxDelay(Duration.ZERO).withTimeout(Duration.ofMillis(50));
    try (Batcher<Integer, Integer> batcher = new Batcher<>(squares, options, counts)) {
      CompletableFuture<Integer> stuck = batcher.submit(1);
      squares.running.await();
      RequestTimeoutException e =
          assertThrows(RequestTimeoutException.class, () -> batcher.call(2));
      assertEquals("expected an answer within 50 ms, found none", e.getMessage());
      ExecutionException late = assertThrows(ExecutionException.class, stuck::get);
      assertInstanceOf(TimeoutException.class, late.getCause());
      squares.gate.countDown();
    }
    // The one that timed out in the queue was never worked on.
    assertEquals(List.of(List.of(1)), squares.batches);
    assertEquals(Map.of(Outcome.TIMED_OUT, 2), counts.all());
  }

  @Test
  void closingAnswersWhatWasAcceptedAndRefusesTheRest() throws InterruptedException {
    Squares squares = new Squares(1);
    Batcher<Integer, Integer> batcher =
        new Batcher<>(squares, PATIENT.withMaxBatch(2).withQueueCapacity(100_000));
    List<CompletableFuture<Integer>> accepted = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      accepted.add(batcher.submit(i));
    }
    squares.running.await();
    Thread closing = new Thread(batcher::close);
    closing.start();
    RejectedRequestException e = null;
    while (e == null) {
      try {
        accepted.add(batcher.submit(accepted.size()));
        Thread.sleep(1);
      } catch (RejectedRequestException refused) {
        e = refused;
      }
    }
    assertEquals(Reason.CLOSED, e.reason());
    squares.gate.countDown();
    closing.join();
    for (int i = 0; i < accepted.size(); i++) {
      assertTrue(accepted.get(i).isDone(), "closing waits for the last answer");
      assertEquals(i * i, accepted.get(i).join());
    }
    batcher.close();
  }

  @Test
  void aWrongNumberOfAnswersReachesNobodyAsAResult() {
    Batcher.BatchFunction<Integer, Integer> forgetful = requests -> List.of();
    try (Batcher<Integer, Integer> batcher = new Batcher<>(forgetful, PATIENT.withMaxBatch(1))) {
      IllegalStateException e = assertThrows(IllegalStateException.class, () -> batcher.call(1));
      assertEquals("expected 1 answers of a batch, found 0", e.getMessage());
    }
  }

  @Test
  void anErrorOfTheFunctionReachesItsCallerAndTheWorkerGoesOn() throws InterruptedException {
    AtomicInteger calls = new AtomicInteger();
    Batcher.BatchFunction<Integer, Integer> once =
        requests -> {
          if (calls.getAndIncrement() == 0) {
            throw new OutOfMemoryError("made up");
          }
          return requests;
        };
    try (Batcher<Integer, Integer> batcher = new Batcher<>(once, PATIENT.withMaxBatch(1))) {
      IllegalStateException e = assertThrows(IllegalStateException.class, () -> batcher.call(1));
      assertInstanceOf(OutOfMemoryError.class, e.getCause());
      assertEquals(2, batcher.call(2));
    }
  }

  @Test
  void tellsTheListenerBeforeTheAnswerIsThere() throws InterruptedException {
    AtomicInteger heard = new AtomicInteger();
    BatchListener slow =
        new BatchListener() {
          @Override
          public void ended(Outcome outcome, Duration took) {
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            heard.incrementAndGet();
          }
        };
    try (Batcher<Integer, Integer> batcher =
        new Batcher<>(new Squares(0), PATIENT.withMaxBatch(1), slow)) {
      for (int i = 1; i <= 3; i++) {
        assertEquals(i * i, batcher.call(i));
        assertEquals(i, heard.get());
      }
    }
  }

  @Test
  void aListenerThatFailsDisturbsNoRequest() throws InterruptedException {
    BatchListener broken =
        new BatchListener() {
          @Override
          public void ended(Outcome outcome, Duration took) {
            throw new IllegalStateException("made up");
          }

          @Override
          public void ran(int size, Duration took) {
            throw new IllegalStateException("made up");
          }
        };
    try (Batcher<Integer, Integer> batcher =
        new Batcher<>(new Squares(0), PATIENT.withMaxBatch(1), broken)) {
      assertEquals(25, batcher.call(5));
    }
  }

  @Test
  void manyThreadsEachGetOneAnswerAndTheirOwn() throws InterruptedException {
    int threads = 64;
    int calls = 500;
    Counts counts = new Counts();
    AtomicInteger wrong = new AtomicInteger();
    BatchOptions options = PATIENT.withMaxDelay(Duration.ofMillis(1)).withWorkers(2);
    Squares squares = new Squares(0);
    try (Batcher<Integer, Integer> batcher = new Batcher<>(squares, options, counts)) {
      List<Thread> all = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int first = t * calls;
        Thread thread =
            new Thread(
                () -> {
                  try {
                    for (int i = first; i < first + calls; i++) {
                      if (batcher.call(i % 40_000) != (i % 40_000) * (i % 40_000)) {
                        wrong.incrementAndGet();
                      }
                    }
                  } catch (InterruptedException | RuntimeException e) {
                    wrong.incrementAndGet();
                  }
                });
        thread.start();
        all.add(thread);
      }
      for (Thread thread : all) {
        thread.join();
      }
    }
    assertEquals(0, wrong.get());
    assertEquals(Map.of(Outcome.ANSWERED, threads * calls), counts.all());
    assertEquals(threads * calls, counts.requests.get());
    assertTrue(squares.batches.size() < threads * calls / 2, "batches were gathered");
  }

  @Test
  void refusesOptionsOutOfRange() {
    BatchOptions options = BatchOptions.defaults();
    assertThrows(IllegalArgumentException.class, () -> options.withMaxBatch(0));
    assertThrows(IllegalArgumentException.class, () -> options.withQueueCapacity(0));
    assertThrows(IllegalArgumentException.class, () -> options.withWorkers(0));
    assertThrows(IllegalArgumentException.class, () -> options.withTimeout(Duration.ZERO));
    assertEquals(
        "maxDelay: expected zero or more, found PT-1S",
        assertThrows(
                IllegalArgumentException.class, () -> options.withMaxDelay(Duration.ofSeconds(-1)))
            .getMessage());
  }

  @Test
  void outlivesAListThatFailsWhenItIsRead() throws InterruptedException {
    Batcher.BatchFunction<Integer, Integer> lazy =
        requests ->
            new AbstractList<>() {
              @Override
              public Integer get(int index) {
                return 12 / requests.get(index);
              }

              @Override
              public int size() {
                return requests.size();
              }
            };
    BatchOptions options = PATIENT.withMaxDelay(Duration.ZERO);
    try (Batcher<Integer, Integer> batcher = new Batcher<>(lazy, options)) {
      assertThrows(ArithmeticException.class, () -> batcher.call(0));
      assertEquals(4, batcher.call(3));
    }
  }

  @Test
  void answersWhateverAListenerThrows() throws InterruptedException {
    BatchListener broken =
        new BatchListener() {
          @Override
          public void ran(int size, Duration took) {
            throw new NoClassDefFoundError("org/HdrHistogram/Histogram");
          }

          @Override
          public void ended(Outcome outcome, Duration took) {
            throw new NoClassDefFoundError("org/HdrHistogram/Histogram");
          }
        };
    BatchOptions options = PATIENT.withMaxDelay(Duration.ZERO);
    Batcher<Integer, Integer> batcher = new Batcher<>(new Squares(0), options, broken);
    try (batcher) {
      assertEquals(49, batcher.call(7));
    }
    assertThrows(RejectedRequestException.class, () -> batcher.submit(1));
  }

  @Test
  void takesTimesThatNoCountOfNanosecondsHolds() throws InterruptedException {
    BatchOptions options =
        BatchOptions.defaults()
            .withMaxBatch(2)
            .withMaxDelay(ChronoUnit.FOREVER.getDuration())
            .withTimeout(ChronoUnit.FOREVER.getDuration());
    try (Batcher<Integer, Integer> batcher = new Batcher<>(new Squares(0), options)) {
      CompletableFuture<Integer> first = batcher.submit(2);
      assertEquals(9, batcher.call(3));
      assertEquals(4, first.join());
    }
  }

  @Test
  void countsOnlyRequestsThatStillWait() throws InterruptedException {
    Squares squares = new Squares(1);
    BatchOptions options = PATIENT.withMaxDelay(Duration.ZERO);
    try (Batcher<Integer, Integer> batcher = new Batcher<>(squares, options)) {
      CompletableFuture<Integer> running = batcher.submit(1);
      squares.running.await();
      CompletableFuture<Integer> given = batcher.submit(2);
      assertEquals(1, batcher.waiting());
      given.cancel(false);
      assertEquals(0, batcher.waiting());
      squares.gate.countDown();
      assertEquals(1, running.join());
    }
  }

  @Test
  void runsNoRequestThatWasGivenUpWhileItsBatchGathered() {
    Squares squares = new Squares(0);
    try (Batcher<Integer, Integer> batcher = new Batcher<>(squares, PATIENT.withMaxBatch(2))) {
      CompletableFuture<Integer> given = batcher.submit(1);
      while (batcher.waiting() > 0) {
        Thread.onSpinWait(); // until the worker has it
      }
      given.cancel(false);
      assertEquals(4, batcher.submit(2).join());
      CompletableFuture<Integer> last = batcher.submit(3);
      while (batcher.waiting() > 0) {
        Thread.onSpinWait();
      }
      last.cancel(false);
    }
    assertEquals(List.of(List.of(2)), squares.batches);
  }

  @Test
  void triesNoRequestAgainThatNobodyWaitsFor() throws InterruptedException {
    Squares squares = new Squares(1);
    BatchOptions options = PATIENT.withMaxBatch(3);
    try (Batcher<Integer, Integer> batcher = new Batcher<>(squares, options)) {
      CompletableFuture<Integer> bad = batcher.submit(-1);
      CompletableFuture<Integer> given = batcher.submit(2);
      CompletableFuture<Integer> good = batcher.submit(3);
      squares.running.await();
      given.cancel(false);
      squares.gate.countDown();
      assertEquals(9, good.join());
      assertTrue(bad.isCompletedExceptionally());
    }
    assertEquals(List.of(List.of(-1, 2, 3), List.of(-1), List.of(3)), squares.batches);
  }

  @Test
  void countsARequestThatCameAfterTheEndAsRejected() {
    Counts counts = new Counts();
    BatchOptions options = PATIENT.withTimeout(Duration.ofMillis(20));
    Batcher<Integer, Integer> batcher = new Batcher<>(new Squares(0), options, counts);
    try (Batcher<Integer, Integer>.Place place = batcher.reserve()) {
      batcher.close();
      assertThrows(RejectedRequestException.class, () -> place.submit(1));
    }
    assertEquals(Map.of(Outcome.REJECTED, 1), counts.all());
  }
}
