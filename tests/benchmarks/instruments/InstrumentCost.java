import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.monitor.Monitor;
import ai.lacuna.pretrain.Augmentation;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.Pretrainer;
import ai.lacuna.run.Progress;
import ai.lacuna.track.TensorBoard;
import ai.lacuna.train.AdamW;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VitConfig;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What instruments cost: seconds of a pretraining step with all of them in every step, over seconds
 * of a step that is not recorded, in turns in one process.
 *
 * <pre>java -cp CLASSPATH InstrumentCost.java ROUNDS STEPS</pre>
 *
 * With: gradient norm, rates, FLOPs, share of the peak, hand-offs, memory, a line of metrics.jsonl
 * and TensorBoard's event file, after each step. Without: one record in STEPS steps, no tracker.
 * The clock of the hand-offs has no switch and runs in both.
 */
final class InstrumentCost {
  private static final int BATCH = 64;

  private InstrumentCost() {}

  public static void main(String[] args) throws IOException {
    int rounds = Integer.parseInt(args[0]);
    int steps = Integer.parseInt(args[1]);
    double[] elapsed = new double[rounds];
    double[] cpu = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      // The order changes, so that a machine that slows down favours neither.
      boolean first = round % 2 == 0;
      Seconds one = seconds(steps, first);
      Seconds other = seconds(steps, !first);
      Seconds with = first ? one : other;
      Seconds without = first ? other : one;
      elapsed[round] = with.elapsed() / without.elapsed();
      cpu[round] = with.cpu() / without.cpu();
      System.out.printf(
          Locale.ROOT,
          "round %d: a step with %.2f ms (%.2f of CPU), without %.2f ms (%.2f of CPU)%n",
          round + 1,
          1000 * with.elapsed(),
          1000 * with.cpu(),
          1000 * without.elapsed(),
          1000 * without.cpu());
    }
    print("time", elapsed);
    print("CPU time", cpu);
  }

  private static void print(String what, double[] ratios) {
    Arrays.sort(ratios);
    int n = ratios.length;
    System.out.printf(
        Locale.ROOT,
        "%s with / without: median %.3f of %d rounds, %.3f to %.3f%n",
        what,
        (ratios[(n - 1) / 2] + ratios[n / 2]) / 2,
        n,
        ratios[0],
        ratios[n - 1]);
  }

  /** Of a step: on the wall's clock, and of all threads of the process. */
  private record Seconds(double elapsed, double cpu) {}

  /** Seconds of a step: the second half of twice as many, which the first half warms up. */
  private static Seconds seconds(int steps, boolean instruments) throws IOException {
    PretrainConfig config =
        new PretrainConfig(
            VitConfig.micro4(),
            DecoderConfig.micro(),
            new Normalization(List.of(0.286), List.of(0.353)),
            new MaskPlan(0.75),
            new Objective(true),
            new PretrainConfig.Recipe(1, 0, BATCH, 1.5e-3, 0, AdamW.pretraining()),
            new Augmentation(0.2, true),
            0);
    ImageDataset images = ImageDataset.open("fashion-mnist-sample");
    Path run = Files.createTempDirectory("instrument-cost");
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long[] at = new long[2];
    long[] cpu = new long[2];
    Progress times =
        new Progress() {
          @Override
          public void onStep(Step step) {
            if (step.step() % steps == 0) {
              int half = (int) (step.step() / steps) - 1;
              at[half] = System.nanoTime();
              cpu[half] = system.getProcessCpuTime();
            }
          }
        };
    Monitor.Builder monitor = Monitor.builder(config, run);
    if (instruments) {
      monitor.tracker(step -> TensorBoard.open(run.resolve("tensorboard"), step));
    }
    try (Monitor built = monitor.build()) {
      List<Progress> all = instruments ? List.of(built, times) : List.of(times);
      Pretrainer.builder(config, images)
          .run(run)
          .device(Device.cpu())
          .maxSteps(2L * steps)
          .logEvery(instruments ? 1 : steps)
          .progress(Progress.of(all))
          .build()
          .run();
    }
    try (Stream<Path> files = Files.walk(run)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    return new Seconds((at[1] - at[0]) / 1e9 / steps, (cpu[1] - cpu[0]) / 1e9 / steps);
  }
}
