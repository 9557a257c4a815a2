package ai.lacuna.serving;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Runs a list of images as several calls at once, one thread each, on a session of its own. The
 * threads of one call wait for each other after every operator; calls do not.
 */
final class ParallelCalls implements AutoCloseable {
  /** Larger calls were not faster: their values leave the caches. */
  private static final int LARGEST = 8;

  private static final long IDLE_SECONDS = 30;

  private final OrtSession session;
  private final int threads;
  private final int maxBatch;
  private final ThreadPoolExecutor workers;

  private ParallelCalls(OrtSession session, ServingOptions options) {
    this.session = session;
    this.threads = options.cores();
    this.maxBatch = options.maxBatch();
    AtomicInteger count = new AtomicInteger();
    this.workers =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "lacuna-onnx-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    workers.allowCoreThreadTimeOut(true);
  }

  /** For a model on the CPU, if the options want it. */
  static Optional<ParallelCalls> open(OnnxSession.Model model, ServingOptions options)
      throws OrtException {
    if (options.cores() < 2 || model.size() > options.splitUpTo()) {
      return Optional.empty();
    }
    OnnxSession single = OnnxSession.open(model, options.withDevice("cpu").withThreads(1));
    return Optional.of(new ParallelCalls(single.session(), options));
  }

  /** Whether so many images keep all threads busy. */
  boolean isWorthwhile(int images) {
    return images >= threads;
  }

  /** Images of one call, of so many. */
  int size(int images) {
    return Math.min(Math.min(LARGEST, maxBatch), (images + threads - 1) / threads);
  }

  /**
   * Runs calls and returns when all have ended.
   *
   * @param calls each is given the session
   */
  void run(List<Consumer<OrtSession>> calls) {
    List<Future<?>> futures = new ArrayList<>();
    calls.forEach(call -> futures.add(workers.submit(() -> call.accept(session))));
    Optional<Throwable> failure = Optional.empty();
    boolean interrupted = false;
    for (Future<?> future : futures) {
      boolean done = false;
      while (!done) {
        try {
          future.get();
          done = true;
        } catch (InterruptedException e) {
          // A native call cannot be interrupted, and it writes to the caller's rows.
          interrupted = true;
        } catch (ExecutionException e) {
          failure = failure.or(() -> Optional.ofNullable(e.getCause()));
          done = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (failure.isPresent()) {
      throw rethrown(failure.get());
    }
  }

  /** In the caller's thread as it would be without others. */
  private static RuntimeException rethrown(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof RuntimeException e ? e : new IllegalStateException(failure);
  }

  /** No call may be under way. */
  @Override
  public void close() {
    workers.shutdown();
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }
}
