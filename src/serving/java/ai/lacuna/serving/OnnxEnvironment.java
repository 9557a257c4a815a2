package ai.lacuna.serving;

import ai.onnxruntime.OrtEnvironment;

/**
 * ONNX Runtime's environment, of which a process has one.
 *
 * <p>It is created in a thread with a large stack: ONNX Runtime 1.29 matches the process's command
 * line against a regular expression that recurses once per character, and a class path of four
 * thousand characters, which is a common one, overflows the stack of a Java thread. That is no
 * exception but the end of the JVM (seen on Linux x86-64).
 *
 * <p>Its telemetry is turned off: from 1.29 on, ONNX Runtime reports to Microsoft on Linux and
 * macOS too, and of each model its file's name and its metadata, labels included. By the time that
 * it can be turned off, it has reported processor, memory and system, and left a device id in
 * {@code ~/.cache/Microsoft}; {@code ORT_DISABLE_TELEMETRY=1} in the environment of the process
 * stops that as well. An application that wants it on calls {@code setTelemetry(true)}.
 */
public final class OnnxEnvironment {
  /**
   * Some 240 bytes a character were seen; Linux allows an argument of 128 KiB. Only what is used of
   * it takes memory.
   */
  private static final long STACK_BYTES = 128L << 20;

  private OnnxEnvironment() {}

  /** The environment; it is never closed. */
  public static OrtEnvironment get() {
    return Holder.ENVIRONMENT;
  }

  private static final class Holder {
    private static final OrtEnvironment ENVIRONMENT = create();

    private static OrtEnvironment create() {
      Creation creation = new Creation();
      Thread thread = new Thread(null, creation, "lacuna-onnxruntime", STACK_BYTES);
      thread.start();
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      // In this thread it is only fetched, or fails again with what went wrong there.
      return OrtEnvironment.getEnvironment();
    }
  }

  private static final class Creation implements Runnable {
    @Override
    public void run() {
      try {
        OrtEnvironment.getEnvironment().setTelemetry(false);
      } catch (Throwable e) {
        System.getLogger("ai.lacuna.serving")
            .log(
                System.Logger.Level.ERROR,
                "ONNX Runtime cannot start, or be kept from reporting",
                e);
      }
    }
  }
}
