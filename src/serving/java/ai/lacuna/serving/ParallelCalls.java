package ai.lacuna.serving;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Runs a list of images as several calls at once, one thread each, on a session of its own. The
 * threads of one call wait for each other after every operator; calls do not.
 */
final class ParallelCalls implements AutoCloseable {
  /** Larger calls were not faster: their values leave the caches. */
  private static final int LARGEST = 8;

  /** Calls of a list that run or wait, for each thread: one that runs, and one to follow it. */
  private static final int WAITING = 2;

  private static final long IDLE_SECONDS = 30;
  private static final Logger LOG = System.getLogger("ai.lacuna.serving");

  private final OrtSession session;
  private final int threads;
  private final int maxBatch;
  private final ThreadPoolExecutor workers;

  /** That threads are missing is said once. */
  private final AtomicBoolean warned = new AtomicBoolean();

  private ParallelCalls(OrtSession session, ServingOptions options, ThreadFactory factory) {
    this.session = session;
    this.threads = options.cores();
    this.maxBatch = options.maxBatch();
    this.workers =
        new ThreadPoolExecutor(
            threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
    workers.allowCoreThreadTimeOut(true);
  }

  /** For a model on the CPU, if the options want it. */
  static Optional<ParallelCalls> open(OnnxSession.Model model, ServingOptions options)
      throws OrtException {
    AtomicInteger count = new AtomicInteger();
    return open(
        model,
        options,
        task -> {
          Thread thread = new Thread(task, "lacuna-onnx-" + count.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  /** The same with threads of a factory. */
  static Optional<ParallelCalls> open(
      OnnxSession.Model model, ServingOptions options, ThreadFactory factory) throws OrtException {
    if (options.cores() < 2 || model.size() > options.splitUpTo()) {
      return Optional.empty();
    }
    OnnxSession single = OnnxSession.open(model, options.withDevice("cpu").withThreads(1));
    return Optional.of(new ParallelCalls(single.session(), options, factory));
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
   * Runs calls and returns when all have ended. After one that fails, no further one is handed out.
   *
   * <p>A few calls of each list wait for threads at a time: a list that comes while a longer one
   * runs is taken in turns with it, not after it.
   *
   * @param calls each is given the session
   */
  void run(List<Consumer<OrtSession>> calls) {
    Ends ends = new Ends();
    int ahead = WAITING * threads;
    List<Future<?>> futures = new ArrayList<>();
    try {
      for (int i = 0; i < calls.size() && ends.failure.isEmpty(); i++) {
        if (i >= ahead) {
          ends.await(futures.get(i - ahead));
        }
        futures.add(begin(calls.get(i)));
      }
    } catch (RuntimeException | Error e) {
      ends.failed(e); // The others still write to the caller's rows.
    }
    futures.forEach(ends::await);
    ends.tell();
  }

  /** In one of the threads; in the caller's where the system has none to give. */
  private Future<?> begin(Consumer<OrtSession> call) {
    try {
      return workers.submit(() -> call.accept(session));
    } catch (OutOfMemoryError e) {
      if (!warned.getAndSet(true)) {
        LOG.log(
            Level.WARNING,
            "no thread can be started (" + e.getMessage() + "); calls run in their callers'");
      }
      call.accept(session);
      return CompletableFuture.completedFuture(null);
    }
  }

  /** What has come of the calls of one list; for its caller's thread. */
  private static final class Ends {
    private Optional<Throwable> failure = Optional.empty();
    private boolean interrupted;

    void failed(Throwable cause) {
      failure = failure.or(() -> Optional.of(cause));
    }

    void await(Future<?> future) {
      boolean done = false;
      while (!done) {
        try {
          future.get();
          done = true;
        } catch (InterruptedException e) {
          // A native call cannot be interrupted, and it writes to the caller's rows.
          interrupted = true;
        } catch (ExecutionException e) {
          failed(e.getCause() == null ? e : e.getCause());
          done = true;
        }
      }
    }

    /** Throws the first failure. */
    void tell() {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (failure.isPresent()) {
        throw rethrown(failure.get());
      }
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
