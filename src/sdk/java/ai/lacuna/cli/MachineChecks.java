package ai.lacuna.cli;

import ai.lacuna.text.Counted;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Checks of the machine itself: Java, processor, memory, disk. */
final class MachineChecks {
  private static final long GIB = 1L << 30;
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private MachineChecks() {}

  static List<Check> all() {
    return List.of(java(), system(), cpu(), threads(), memory(), disk());
  }

  private static Check java() {
    String found =
        Runtime.version() + ", " + property("java.vendor") + ", " + property("java.home");
    return Check.ok("java", found);
  }

  private static Check system() {
    return Check.ok(
        "system", property("os.name") + " " + property("os.version") + ", " + property("os.arch"));
  }

  /** The instructions that decide how fast libtorch and ONNX Runtime are. */
  private static Check cpu() {
    int cores = Runtime.getRuntime().availableProcessors();
    String count = Counted.of(cores, "core");
    if (!Files.isReadable(CPU_INFO)) {
      return Check.ok("processor", count + "; its instructions are not listed on this system");
    }
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      List<String> wanted =
          lines.filter(l -> l.matches("(flags|model name)\\s.*")).limit(2).toList();
      String model = value(wanted, "model name");
      Set<String> flags = Set.copyOf(List.of(value(wanted, "flags").split(" ")));
      String features =
          Stream.of("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
              .filter(flags::contains)
              .collect(Collectors.joining(" "));
      String found = count + ", " + model + "; " + (features.isEmpty() ? "no AVX2" : features);
      boolean slow = property("os.arch").equals("amd64") && !flags.contains("avx2");
      return slow
          ? Check.warn("processor", found, "works, but slowly: use a processor with AVX2")
          : Check.ok("processor", found);
    } catch (IOException e) {
      return Check.ok("processor", count + "; /proc/cpuinfo cannot be read");
    }
  }

  private static String value(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }

  private static Check threads() {
    String policy = String.valueOf(System.getenv("OMP_WAIT_POLICY")).toUpperCase(Locale.ROOT);
    return policy.equals("PASSIVE")
        ? Check.ok("threads", "OMP_WAIT_POLICY=PASSIVE")
        : Check.warn(
            "threads",
            "OMP_WAIT_POLICY is not PASSIVE: idle threads of libtorch keep their cores busy",
            "start through ./lacuna, or export OMP_WAIT_POLICY=PASSIVE before the JVM starts");
  }

  private static Check memory() {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    long total = system.getTotalMemorySize();
    String found =
        String.format(
            Locale.ROOT,
            "%.1f GiB, %.1f GiB free; Java heap up to %.1f GiB",
            (double) total / GIB,
            (double) system.getFreeMemorySize() / GIB,
            (double) Runtime.getRuntime().maxMemory() / GIB);
    return total < 2 * GIB
        ? Check.warn("memory", found, "have 2 GiB or more, or use small batches")
        : Check.ok("memory", found);
  }

  /** DJL unpacks libtorch into its cache on first use. */
  private static Check disk() {
    Path cache = ai.djl.util.Utils.getCacheDir();
    Path there = cache.toAbsolutePath();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    String remedy = "make room, or point DJL_CACHE_DIR at a directory you can write to";
    try {
      FileStore store = Files.getFileStore(there);
      String found =
          String.format(
              Locale.ROOT, "%s, %.1f GiB free", cache, (double) store.getUsableSpace() / GIB);
      if (!Files.isWritable(there)) {
        return Check.fail("cache", found + ", not writable", remedy);
      }
      return store.getUsableSpace() < GIB
          ? Check.warn("cache", found, remedy)
          : Check.ok("cache", found);
    } catch (IOException e) {
      return Check.fail("cache", cache + ": " + e.getMessage(), remedy);
    }
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }
}
