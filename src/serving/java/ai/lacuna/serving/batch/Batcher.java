package ai.lacuna.serving.batch;

import ai.lacuna.serving.batch.BatchListener.Outcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Gathers concurrent requests and answers them batch by batch.
 *
 * <pre>{@code
 * try (OnnxEncoder encoder = Bundle.open(folder).encoder();
 *     Batcher<Prepared, float[]> front = encoder.batched(Pooling.CLS, BatchOptions.defaults())) {
 *   float[] embedding = front.call(encoder.prepare(image)); // from any number of threads
 * }
 * }</pre>
 *
 * <p>A batch runs as soon as it is full, or its first request has waited {@link
 * BatchOptions#maxDelay}; while one runs, requests gather for the next. If a batch fails, its
 * requests are tried one by one, so that one bad request spoils no other. Requests are answered in
 * no set order, but each with its own answer.
 *
 * <p>Where making a request takes work of its own, as reading and decoding an image does, {@link
 * #reserve} asks for room before that work, so that what cannot be answered costs nothing.
 *
 * <p>Closing refuses new requests and returns when all that were accepted have ended. It does not
 * close what the function uses.
 *
 * @param <T> a request
 * @param <R> an answer
 */
public final class Batcher<T, R> implements AutoCloseable {
  private static final Logger LOG = System.getLogger("ai.lacuna.serving");
  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);
  private static final String CLOSED = "expected an open batcher, found it closed";

  /** What answers a batch. */
  @FunctionalInterface
  public interface BatchFunction<T, R> {
    /**
     * Answers requests.
     *
     * @param requests at least one
     * @return an answer for each, in the same order
     * @throws Exception whatever goes wrong; it reaches the callers
     */
    List<R> apply(List<T> requests) throws Exception;
  }

  private record Waiting<T, R>(T request, CompletableFuture<R> answer, long since) {}

  /**
   * Room in the queue for one request that is still being made. It counts as waiting until its
   * request is handed in or it is closed, and closing the batcher waits for it, though no longer
   * than {@link BatchOptions#timeout}.
   */
  public final class Place implements AutoCloseable {
    private final long since = System.nanoTime();
    private boolean used; // guarded by lock

    private Place() {}

    /**
     * Hands in the request, which is always accepted; once only.
     *
     * @param request what to answer
     * @return its answer, as of {@link Batcher#submit}; the time to answer runs from reserving
     * @throws IllegalStateException if this place was used or given back
     * @throws RejectedRequestException if the batcher was closed and waited for this in vain
     */
    public CompletableFuture<R> submit(T request) {
      CompletableFuture<R> work = new CompletableFuture<>();
      boolean refused;
      lock.lock();
      try {
        if (!leave()) {
          throw new IllegalStateException(
              "place: expected one that is held, found it used or given back; reserve another");
        }
        refused = ended;
        if (!refused) {
          queue.addLast(new Waiting<>(request, work, System.nanoTime()));
        }
      } finally {
        lock.unlock();
      }
      if (refused) {
        tell(() -> listener.ended(Outcome.REJECTED, Duration.ZERO));
        throw new RejectedRequestException(RejectedRequestException.Reason.CLOSED, CLOSED);
      }
      long left = since + timeoutNanos - System.nanoTime();
      work.orTimeout(Math.max(left, 0), TimeUnit.NANOSECONDS);
      return told(work);
    }

    /**
     * What the caller waits for: it ends after the listener has heard so; ends the work as well.
     */
    private CompletableFuture<R> told(CompletableFuture<R> work) {
      CompletableFuture<R> answer = new CompletableFuture<>();
      var unused =
          work.whenComplete(
              (result, failure) -> {
                Duration took = Duration.ofNanos(System.nanoTime() - since);
                tell(() -> listener.ended(outcome(failure), took));
                end(answer, result, failure);
              });
      var unusedToo = answer.whenComplete((result, failure) -> end(work, result, failure));
      return answer;
    }

    /** Gives the place back, if no request took it. */
    @Override
    public void close() {
      lock.lock();
      try {
        leave();
      } finally {
        lock.unlock();
      }
    }

    private boolean leave() {
      if (used) {
        return false;
      }
      used = true;
      reserved--;
      changed.signalAll();
      return true;
    }
  }

  private final BatchFunction<T, R> function;
  private final BatchOptions options;
  private final BatchListener listener;
  private final long maxDelayNanos;
  private final long timeoutNanos;
  private final Deque<Waiting<T, R>> queue = new ArrayDeque<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Thread> workers = new ArrayList<>();
  private int reserved;
  private boolean closed;
  private boolean ended; // closed, and no place is waited for any more

  /**
   * Starts the workers.
   *
   * @param function what answers; called by one thread per worker
   * @param options how to gather
   */
  public Batcher(BatchFunction<T, R> function, BatchOptions options) {
    this(function, options, BatchListener.NONE);
  }

  /**
   * Starts the workers.
   *
   * @param function what answers; called by one thread per worker
   * @param options how to gather
   * @param listener hears of each request and batch
   */
  public Batcher(BatchFunction<T, R> function, BatchOptions options, BatchListener listener) {
    this.function = function;
    this.options = options;
    this.listener = listener;
    this.maxDelayNanos = nanos(options.maxDelay());
    this.timeoutNanos = nanos(options.timeout());
    tell(() -> listener.started(this));
    for (int i = 0; i < options.workers(); i++) {
      Thread worker = new Thread(this::work, "lacuna-batcher-" + i);
      worker.setDaemon(true);
      worker.start();
      workers.add(worker);
    }
  }

  /**
   * Hands in a request.
   *
   * @param request what to answer
   * @return its answer; it fails with the function's exception, or with {@link TimeoutException};
   *     cancelling it takes the request out of the queue. What is chained to it runs on the thread
   *     that answers batches: chain long work by {@code thenApplyAsync} and its like
   * @throws RejectedRequestException if the queue is full, or the batcher is closed
   */
  public CompletableFuture<R> submit(T request) {
    try (Place place = reserve()) {
      return place.submit(request);
    }
  }

  /**
   * Takes room in the queue for a request that is not made yet, or refuses at once: it waits for no
   * other request's work.
   *
   * @return the room; hand in a request or close it
   * @throws RejectedRequestException if the queue is full, or the batcher is closed
   */
  public Place reserve() {
    RejectedRequestException.Reason reason = RejectedRequestException.Reason.CLOSED;
    String refusal = CLOSED;
    lock.lock();
    try {
      if (!closed) {
        if (queue.size() + reserved >= options.queueCapacity()) {
          forgetEnded();
        }
        int taken = queue.size() + reserved;
        if (taken < options.queueCapacity()) {
          reserved++;
          return new Place();
        }
        reason = RejectedRequestException.Reason.OVERLOADED;
        refusal =
            "expected room for a request, found "
                + taken
                + " of "
                + options.queueCapacity()
                + " waiting; try again later";
      }
    } finally {
      lock.unlock();
    }
    tell(() -> listener.ended(Outcome.REJECTED, Duration.ZERO));
    throw new RejectedRequestException(reason, refusal);
  }

  /**
   * Hands in a request and waits for its answer.
   *
   * @param request what to answer
   * @return the answer
   * @throws RejectedRequestException if the queue is full, or the batcher is closed
   * @throws RequestTimeoutException if there is no answer in time
   * @throws InterruptedException if this thread is interrupted while it waits; the request is
   *     cancelled
   */
  public R call(T request) throws InterruptedException {
    CompletableFuture<R> answer = submit(request);
    try {
      return answer.get();
    } catch (InterruptedException e) {
      answer.cancel(false);
      throw e;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof TimeoutException) {
        throw new RequestTimeoutException(
            "expected an answer within " + options.timeout().toMillis() + " ms, found none", e);
      }
      if (cause instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      throw new IllegalStateException("the batch failed: " + cause, cause);
    }
  }

  /**
   * Requests that wait now and places that are held, from 0 to {@link BatchOptions#queueCapacity}.
   */
  public int waiting() {
    lock.lock();
    try {
      forgetEnded();
      return queue.size() + reserved;
    } finally {
      lock.unlock();
    }
  }

  /** How it gathers. */
  public BatchOptions options() {
    return options;
  }

  /**
   * Refuses new requests and waits until all accepted ones have ended; again does nothing. If this
   * thread is interrupted, it returns at once, and the workers end by themselves. They do as well
   * if this is called on one of them, by what is chained to an answer: it would wait for itself.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      long left = timeoutNanos;
      while (reserved > 0 && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ended = true;
      changed.signalAll();
      lock.unlock();
    }
    if (workers.contains(Thread.currentThread())) {
      return;
    }
    for (Thread worker : workers) {
      try {
        worker.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Takes out of the queue what was cancelled or timed out; the caller holds the lock. */
  private void forgetEnded() {
    queue.removeIf(waiting -> waiting.answer().isDone());
  }

  /** A time in nanoseconds; one that is too long for them is as long as they can say. */
  private static long nanos(Duration time) {
    return time.compareTo(LONGEST) < 0 ? time.toNanos() : Long.MAX_VALUE;
  }

  private static <R> void end(CompletableFuture<R> future, R result, @Nullable Throwable failure) {
    if (failure == null) {
      future.complete(result);
    } else {
      future.completeExceptionally(failure);
    }
  }

  private static Outcome outcome(@Nullable Throwable failure) {
    if (failure == null) {
      return Outcome.ANSWERED;
    }
    if (failure instanceof CancellationException) {
      return Outcome.CANCELLED;
    }
    return failure instanceof TimeoutException ? Outcome.TIMED_OUT : Outcome.FAILED;
  }

  private void work() {
    while (true) {
      List<Waiting<T, R>> batch = gather();
      if (batch.isEmpty()) {
        return;
      }
      answer(batch);
    }
  }

  /** The next batch; empty once the batcher is closed and nothing will come. */
  private List<Waiting<T, R>> gather() {
    List<Waiting<T, R>> batch = new ArrayList<>();
    lock.lock();
    try {
      do {
        while (!take(batch)) {
          if (ended) {
            return batch;
          }
          changed.awaitUninterruptibly();
        }
        long left = batch.get(0).since() + maxDelayNanos - System.nanoTime();
        while (left > 0 && batch.size() < options.maxBatch() && !closed) {
          left = changed.awaitNanos(left);
          take(batch);
        }
        // Cancelled or timed out, while others were waited for.
        batch.removeIf(waiting -> waiting.answer().isDone());
      } while (batch.isEmpty());
      return batch;
    } catch (InterruptedException e) {
      // Nobody but this class knows the workers, and they end by closing alone.
      LOG.log(Level.WARNING, "a batcher's worker was interrupted; it goes on", e);
      return batch;
    } finally {
      lock.unlock();
    }
  }

  /** Moves waiting requests into a batch as far as it has room; false if it is empty still. */
  private boolean take(List<Waiting<T, R>> batch) {
    while (batch.size() < options.maxBatch()) {
      Waiting<T, R> next = queue.pollFirst();
      if (next == null) {
        break;
      }
      if (!next.answer().isDone()) {
        batch.add(next);
      }
    }
    return !batch.isEmpty();
  }

  private void answer(List<Waiting<T, R>> batch) {
    List<R> answers;
    try {
      answers = run(batch);
    } catch (Throwable e) { // also an OutOfMemoryError: the callers must hear of it
      if (batch.size() == 1) {
        batch.get(0).answer().completeExceptionally(e);
      } else {
        for (Waiting<T, R> each : batch) {
          if (!each.answer().isDone()) {
            answer(List.of(each));
          }
        }
      }
      return;
    }
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).answer().complete(answers.get(i));
    }
  }

  private List<R> run(List<Waiting<T, R>> batch) throws Exception {
    long start = System.nanoTime();
    try {
      // Copied, for a list may make its elements when they are asked for, and fail only then.
      List<R> answers =
          new ArrayList<>(function.apply(batch.stream().map(Waiting::request).toList()));
      if (answers.size() != batch.size()) {
        throw new IllegalStateException(
            "expected " + batch.size() + " answers of a batch, found " + answers.size());
      }
      return answers;
    } finally {
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      tell(() -> listener.ran(batch.size(), took));
    }
  }

  private static void tell(Runnable news) {
    try {
      news.run();
    } catch (RuntimeException | Error e) { // also a class that a metrics library lacks
      LOG.log(Level.WARNING, "a batch listener failed; the requests go on", e);
    }
  }
}
