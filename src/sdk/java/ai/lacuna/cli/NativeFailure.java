package ai.lacuna.cli;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a user can mend of what libtorch, CUDA and ONNX Runtime throw. Their own words come with
 * tracebacks of generated code, and name no option of a command.
 *
 * @param line what happened and what to do, without a line break
 * @param input whether it is the fault of the options
 */
record NativeFailure(String line, boolean input) {
  /** libtorch's allocator of a GPU's memory. */
  private static final Pattern GPU =
      Pattern.compile(
          "CUDA out of memory\\. Tried to allocate (\\S+ \\w+)\\. GPU ([0-9]+) has a total capacity"
              + " of (\\S+ \\w+) of which (\\S+ \\w+) is free");

  /** libtorch's allocator of the machine's memory, and ONNX Runtime's of either. */
  private static final Pattern BYTES =
      Pattern.compile(
          "DefaultCPUAllocator: .{0,100} memory: you tried to allocate ([0-9]+) bytes"
              + "|Failed to allocate memory for requested buffer of size ([0-9]+)");

  /** CUDA itself in libtorch's and in ONNX Runtime's words, its libraries, and C++. */
  private static final Pattern OTHER =
      Pattern.compile(
          "CUDA out of memory|CUDA error: out of memory|CUDA failure 2:|CU[A-Z]{1,20}_STATUS_ALLOC_FAILED"
              + "|std::bad_alloc");

  private static final Pattern NOT_DETERMINISTIC =
      Pattern.compile("\\b(\\w++) does not have a deterministic implementation");

  private static final String OLD_DRIVER =
      "NVIDIA's driver is older than libtorch's CUDA; update it, or choose --device cpu";

  /** What CUDA and libtorch say of a GPU that is there and does not compute, and what it means. */
  private static final Map<String, String> UNUSABLE =
      Map.of(
          "no kernel image is available",
          "this libtorch has no code for it; take one that was built for it, or choose --device cpu",
          "driver on your system is too old",
          OLD_DRIVER,
          "driver version is insufficient",
          OLD_DRIVER,
          "devices are busy or unavailable",
          "another process keeps it to itself; choose another as cuda:N, or --device cpu");

  private static final String SMALLER =
      "; take a smaller batch (--batch-size; in training also --accumulate or"
          + " --checkpoint-activations)";
  private static final String OTHERS = ", or see in nvidia-smi what else fills the GPU";

  /** Causes that are looked at; replicas and files wrap once or twice. */
  private static final int DEPTH = 8;

  private static final double MIB = 1 << 20;

  /** Fewer are a long for sure. */
  private static final int LONG_DIGITS = 19;

  /** What a failure or one of its causes is, if it is one of these. */
  static Optional<NativeFailure> of(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; i < DEPTH && cause != null; i++) {
      Optional<NativeFailure> known = of(String.valueOf(cause.getMessage()));
      if (known.isPresent()) {
        return known;
      }
      cause = cause.getCause();
    }
    return Optional.empty();
  }

  private static Optional<NativeFailure> of(String message) {
    Matcher gpu = GPU.matcher(message);
    if (gpu.find()) {
      String found =
          "out of memory on cuda:%s: %s wanted, %s of its %s free"
              .formatted(gpu.group(2), gpu.group(1), gpu.group(4), gpu.group(3));
      return Optional.of(new NativeFailure(found + SMALLER + OTHERS, false));
    }
    Matcher bytes = BYTES.matcher(message);
    if (bytes.find()) {
      String digits = bytes.group(1) == null ? bytes.group(2) : bytes.group(1);
      return Optional.of(
          new NativeFailure("out of memory: " + size(digits) + " wanted" + SMALLER, false));
    }
    if (OTHER.matcher(message).find()) {
      String gpus = message.contains("CU") ? OTHERS : "";
      return Optional.of(new NativeFailure("out of memory" + SMALLER + gpus, false));
    }
    for (Map.Entry<String, String> unusable : UNUSABLE.entrySet()) {
      if (message.contains(unusable.getKey())) {
        return Optional.of(
            new NativeFailure("the GPU cannot be used: " + unusable.getValue(), false));
      }
    }
    Matcher operation = NOT_DETERMINISTIC.matcher(message);
    if (operation.find()) {
      return Optional.of(
          new NativeFailure(
              "--deterministic: expected deterministic operations, found "
                  + operation.group(1)
                  + ", which has no deterministic form on this device; leave the option out, or"
                  + " choose --device cpu",
              true));
    }
    return Optional.empty();
  }

  private static String size(String digits) {
    return digits.length() < LONG_DIGITS
        ? "%,.1f MiB".formatted(Long.parseLong(digits) / MIB)
        : digits + " bytes";
  }
}
