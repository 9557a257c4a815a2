package ai.lacuna.instruments;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Memory of this process.
 *
 * <p>The process's peak is Linux's {@code VmHWM}, the greatest resident size since the start,
 * native memory included. macOS and Windows show no such figure to a JVM; it is then absent.
 */
public final class MemoryUse {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Pattern PEAK = Pattern.compile("(?m)^VmHWM:\\s*(\\d+) kB");
  private static final long KIB = 1024;

  private MemoryUse() {}

  /**
   * Returns the greatest resident size that this process has had.
   *
   * @return bytes; empty where the system does not say
   */
  public static OptionalLong peakResident() {
    if (!Files.isReadable(STATUS)) {
      return OptionalLong.empty();
    }
    try {
      return peakResident(Files.readString(STATUS, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return OptionalLong.empty(); // A system without a readable status shows no figure.
    }
  }

  static OptionalLong peakResident(String status) {
    Matcher peak = PEAK.matcher(status);
    return peak.find()
        ? OptionalLong.of(KIB * Long.parseLong(peak.group(1)))
        : OptionalLong.empty();
  }
}
