package ai.lacuna.oracle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs a test's main class in a JVM of its own, whose heap is of a fixed size and touched at the
 * start: what its resident memory gains is native memory.
 */
public final class ForkedJava {
  private static final long LIMIT_SECONDS = 900;

  private ForkedJava() {}

  /**
   * Runs a class on this class path.
   *
   * @param main has a {@code main} method
   * @param arguments its arguments
   * @return the lines of its standard output
   * @throws AssertionError if it fails or takes more than a quarter of an hour; with its output
   */
  public static List<String> run(Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    return run("64m", main, arguments);
  }

  /**
   * Runs a class on this class path with another heap.
   *
   * @param heap its size, as {@code -Xmx} takes it
   * @param main has a {@code main} method
   * @param arguments its arguments
   * @return the lines of its standard output
   * @throws AssertionError if it fails or takes more than a quarter of an hour; with its output
   */
  public static List<String> run(String heap, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("lacuna-forked-", ".txt");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(
              ProcessHandle.current().info().command().orElse("java"),
              "-Xms" + heap,
              "-Xmx" + heap,
              "-XX:+AlwaysPreTouch",
              "-XX:+UseSerialGC",
              // The second compiler takes some ten megabytes of its own at no fixed moment.
              "-XX:TieredStopAtLevel=1",
              "-cp",
              System.getProperty("java.class.path"),
              main.getName());
      builder.command().addAll(List.of(arguments));
      // One arena: otherwise each new thread may keep some megabytes of its own.
      builder.environment().put("MALLOC_ARENA_MAX", "1");
      // Tensors of tests are too small for threads to help.
      builder.environment().put("OMP_NUM_THREADS", "1");
      Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
      boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly().waitFor();
      }
      List<String> lines = Files.readAllLines(output);
      if (!ended || process.exitValue() != 0) {
        throw new AssertionError(main.getName() + " failed:\n" + String.join("\n", lines));
      }
      return lines;
    } finally {
      Files.delete(output);
    }
  }
}
