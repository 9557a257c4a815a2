import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.lacuna.engine.Devices;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.torchscript.TorchScriptArchive;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What it takes to open a safetensors file and to load it into the engine, beside reading it once
 * and beside its size.
 *
 * <pre>java -Xmx256m -cp CLASSPATH LoadWeights.java make|open|load|archive FILE [MODEL]</pre>
 *
 * MODEL is micro4, base16 or large16 (if not said). {@code archive} loads the same network from a
 * TorchScript archive that is written for it, as exports are.
 */
final class LoadWeights {
  private static final double MILLION = 1e6;

  private LoadWeights() {}

  public static void main(String[] args) throws IOException {
    Path file = Path.of(args[1]);
    VitConfig config =
        switch (args.length > 2 ? args[2] : "large16") {
          case "micro4" -> VitConfig.micro4();
          case "base16" -> VitConfig.base16();
          default -> VitConfig.large16();
        };
    switch (args[0]) {
      case "make" -> make(file, config);
      case "open" -> open(file);
      case "load" -> load(file, config, false);
      case "archive" -> load(file, config, true);
      default -> throw new IllegalArgumentException("expected make, open, load or archive");
    }
  }

  /** Values of a uniform distribution; needs a heap of the file's size. */
  private static void make(Path file, VitConfig config) throws IOException {
    NamedTensors.Builder tensors = NamedTensors.builder();
    CounterRandom random = CounterRandom.of(1, 0, 0, CounterRandom.Purpose.WEIGHTS);
    network(config)
        .program()
        .parameters()
        .forEach(
            parameter -> {
              float[] values = new float[(int) parameter.shape().numel()];
              for (int i = 0; i < values.length; i++) {
                values[i] = (float) (0.04 * random.nextDouble() - 0.02);
              }
              long[] shape = parameter.shape().dims().stream().mapToLong(d -> d).toArray();
              tensors.add(parameter.name(), Tensor.of(values, shape));
            });
    Safetensors.write(file, tensors.build(), Map.of());
  }

  private static void open(Path file) throws IOException {
    for (int round = 0; round < 5; round++) {
      long start = System.nanoTime();
      NamedTensors tensors = Safetensors.read(file);
      double open = seconds(start);
      start = System.nanoTime();
      long sum = 0;
      try (FileChannel channel = FileChannel.open(file)) {
        ByteBuffer chunk = ByteBuffer.allocateDirect(1 << 20);
        while (channel.read(chunk) >= 0) {
          sum += chunk.get(0);
          chunk.clear();
        }
      }
      double read = seconds(start);
      System.out.printf(
          Locale.ROOT,
          "%d tensors, %.0f MB: opened in %.4f s, read once in %.3f s (%d), ratio %.5f%n",
          tensors.size(),
          Files.size(file) / MILLION,
          open,
          read,
          sum,
          open / read);
    }
  }

  private static void load(Path file, VitConfig config, boolean archive) throws IOException {
    Engine.getEngine(Devices.ENGINE);
    double engine = memory("RssAnon:");
    double size = Files.size(file) / MILLION;
    Peak peak = new Peak();
    peak.setDaemon(true);
    peak.start();
    long start = System.nanoTime();
    double cpu = cpuSeconds();
    try (TorchModule module = archive ? throughAnArchive(file, config) : straight(file, config)) {
      double elapsed = seconds(start);
      cpu = cpuSeconds() - cpu;
      peak.end();
      System.out.printf(
          Locale.ROOT,
          "%.0f MB: loaded in %.2f s, %.2f s of CPU; private memory at most %.2f of the file, then"
              + " %.2f; resident at most %.2f of the file; %d parameters%n",
          size,
          elapsed,
          cpu,
          (peak.most - engine) / size,
          (memory("RssAnon:") - engine) / size,
          memory("VmHWM:") / size,
          module.parameters().size());
    }
  }

  private static VisionTransformer network(VitConfig config) {
    return new VisionTransformer(config, new Normalization(mean(config), std(config)));
  }

  private static TorchModule straight(Path file, VitConfig config) throws IOException {
    return TorchModule.load(
        network(config).program(), Weights.source(Safetensors.read(file)), Device.cpu(), false);
  }

  private static TorchModule throughAnArchive(Path file, VitConfig config) throws IOException {
    Path archive = Files.createTempFile("benchmark-", ".pt");
    try {
      TorchScriptArchive.write(
          archive, network(config).program(), Weights.source(Safetensors.read(file)));
      return TorchModule.load(archive, Device.cpu(), false);
    } finally {
      Files.delete(archive);
    }
  }

  private static double cpuSeconds() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
  }

  /** The most private memory, looked at every few milliseconds. */
  private static final class Peak extends Thread {
    private volatile boolean ended;
    private volatile double most;

    @Override
    public void run() {
      while (!ended) {
        try {
          most = Math.max(most, memory("RssAnon:"));
          Thread.sleep(5);
        } catch (IOException | InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    void end() {
      ended = true;
    }
  }

  /** Megabytes; Linux only. */
  private static double memory(String line) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(l -> l.startsWith(line))
        .mapToDouble(l -> 1024 * Double.parseDouble(l.replaceAll("\\D", "")) / MILLION)
        .findFirst()
        .orElseThrow();
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static List<Double> mean(VitConfig config) {
    return java.util.Collections.nCopies(config.channels(), 0.5);
  }

  private static List<Double> std(VitConfig config) {
    return java.util.Collections.nCopies(config.channels(), 0.25);
  }
}
