package ai.lacuna.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ai.lacuna.text.Counted;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Devices by the names that PyTorch's users know: {@code cpu}, {@code cuda}, {@code cuda:1}. */
public final class Devices {
  /** DJL's name of the engine. */
  public static final String ENGINE = "PyTorch";

  private static final Pattern CUDA = Pattern.compile("cuda(?::([0-9]{1,4}))?");

  private Devices() {}

  /**
   * The device of that name.
   *
   * @param name {@code cpu}, {@code cuda}, {@code cuda:N}, or {@code auto}: CUDA when libtorch sees
   *     it
   * @throws IllegalArgumentException if the name is unknown, or libtorch does not see that device
   */
  public static Device parse(String name) {
    if ("cpu".equals(name)) {
      return Device.cpu();
    }
    if ("auto".equals(name)) {
      return gpus() > 0 ? Device.gpu(0) : Device.cpu();
    }
    Matcher cuda = CUDA.matcher(name);
    if (!cuda.matches()) {
      throw new IllegalArgumentException(
          "device: expected cpu, cuda, cuda:N or auto, found " + name);
    }
    int index = cuda.group(1) == null ? 0 : Integer.parseInt(cuda.group(1));
    requireGpu(index, name);
    return Device.gpu(index);
  }

  /** Refuses a GPU that libtorch does not see, before libtorch does so in sixty lines. */
  static void requireSeen(Device device) {
    if (device.isGpu()) {
      requireGpu(device.getDeviceId(), name(device));
    }
  }

  private static void requireGpu(int index, String name) {
    int count = gpus();
    if (index >= count) {
      throw new IllegalArgumentException(
          "device "
              + name
              + ": libtorch sees "
              + Counted.of(count, "CUDA device")
              + "; run 'lacuna doctor' to learn what is missing, or use cpu");
    }
  }

  /**
   * The devices of a list of names: {@code cuda:0,cuda:1}, or {@code cpu,cpu} for two replicas.
   *
   * @param names names that {@link #parse} understands, separated by commas
   * @throws IllegalArgumentException if a name is unknown, libtorch does not see a device, or
   *     devices are of two kinds
   */
  public static List<Device> parseAll(String names) {
    List<Device> devices = Arrays.stream(names.split(",", -1)).map(Devices::parse).toList();
    if (devices.stream().map(Device::isGpu).distinct().count() > 1) {
      throw new IllegalArgumentException(
          "devices: expected devices of one kind, found "
              + names
              + "; use cpu,cpu or cuda:0,cuda:1");
    }
    return devices;
  }

  /** The GPUs that libtorch can compute on; 0 for a libtorch without CUDA. */
  public static int gpus() {
    Engine.getEngine(ENGINE);
    // Not DJL's count, which is 0 where there is a driver and no CUDA toolkit.
    return JniUtils.getFeatures().contains("CUDA") ? CudaDriver.count() : 0;
  }

  /**
   * The products that GPUs are, as {@code NVIDIA H200}.
   *
   * @param devices any
   * @return of the GPUs among them; those that NVIDIA's driver does not name are left out
   */
  public static List<String> gpuNames(List<Device> devices) {
    return devices.stream()
        .filter(Device::isGpu)
        .flatMap(device -> CudaDriver.name(device.getDeviceId()).stream())
        .toList();
  }

  /**
   * Bytes of a GPU's memory in use now, by all processes and with what libtorch keeps for later.
   *
   * @param device any
   * @return empty for a CPU, and where NVIDIA's driver does not say
   */
  public static OptionalLong memoryUsed(Device device) {
    return device.isGpu() ? CudaDriver.memoryUsed(device.getDeviceId()) : OptionalLong.empty();
  }

  /** The names that {@link #parseAll} understands. */
  public static String names(List<Device> devices) {
    return devices.stream().map(Devices::name).collect(Collectors.joining(","));
  }

  /** The name that {@link #parse} understands. */
  public static String name(Device device) {
    return device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu";
  }
}
