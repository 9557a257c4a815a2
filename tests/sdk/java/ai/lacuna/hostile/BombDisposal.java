package ai.lacuna.hostile;

import ai.lacuna.data.LabelledData;
import ai.lacuna.foreign.ForeignWeights;
import ai.lacuna.serving.Bundle;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.TorchCheckpoint;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Reads bombs from a folder, {@code NUMBER NAME} each, and prints how each ended. */
final class BombDisposal {
  private BombDisposal() {}

  /** For each a line: milliseconds of CPU, milliseconds, the exception, its name. */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    for (Map.Entry<String, String> bomb : BombsTest.read(folder.resolve("names")).entrySet()) {
      long start = System.nanoTime();
      long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      String end = "nothing";
      String message = "";
      try {
        open(bomb.getValue(), folder.resolve(bomb.getKey()));
      } catch (IOException | RuntimeException | Error e) {
        end = e.getClass().getSimpleName();
        message = String.valueOf(e.getMessage());
      }
      cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu;
      System.out.printf(
          "BOMB\t%d\t%d\t%s\t%s\t%s%n",
          cpu / 1_000_000,
          (System.nanoTime() - start) / 1_000_000,
          end,
          bomb.getValue(),
          message.replace('\n', '|'));
    }
  }

  private static void open(String name, Path file) throws IOException {
    switch (name.substring(0, name.indexOf(' '))) {
      case "torch" -> TorchCheckpoint.read(file, true);
      case "safetensors" -> Safetensors.read(file);
      case "import" -> ForeignWeights.of(file).read();
      case "bundle" -> Bundle.open(file);
      case "idx" -> {
        Path data = Files.createDirectory(file.resolveSibling(file.getFileName() + ".idx"));
        for (String part :
            new String[] {"train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"}) {
          Files.createLink(data.resolve(part), file);
        }
        byte[] labels = Deflated.member(new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 0});
        Files.write(data.resolve("train-labels-idx1-ubyte.gz"), labels);
        Files.write(data.resolve("t10k-labels-idx1-ubyte.gz"), labels);
        LabelledData.open(data.toString());
      }
      case "tar" -> {
        Path data = Files.createDirectory(file.resolveSibling(file.getFileName() + ".tars"));
        Path shard = Files.createDirectory(data.resolve("train")).resolve("a.tar.gz");
        Files.createLink(shard, file);
        Files.createLink(Files.createDirectory(data.resolve("test")).resolve("a.tar.gz"), file);
        LabelledData.open(data.toString());
      }
      default -> throw new IllegalArgumentException(name);
    }
  }
}
