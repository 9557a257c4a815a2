package ai.lacuna.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import java.util.Arrays;
import java.util.List;
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
   * @param name {@code cpu}, {@code cuda}, {@code cuda:N}, or {@code auto}: CUDA when DJL sees it
   * @throws IllegalArgumentException if the name is unknown, or DJL does not see that device
   */
  public static Device parse(String name) {
    if ("cpu".equals(name)) {
      return Device.cpu();
    }
    int count = Engine.getEngine(ENGINE).getGpuCount();
    if ("auto".equals(name)) {
      return count > 0 ? Device.gpu(0) : Device.cpu();
    }
    Matcher cuda = CUDA.matcher(name);
    if (!cuda.matches()) {
      throw new IllegalArgumentException(
          "device: expected cpu, cuda, cuda:N or auto, found " + name);
    }
    int index = cuda.group(1) == null ? 0 : Integer.parseInt(cuda.group(1));
    // With a driver and no toolkit DJL counts 0 devices although one works: the flavour says so.
    boolean declared = String.valueOf(System.getenv("PYTORCH_FLAVOR")).startsWith("cu");
    if (index >= count && !declared) {
      throw new IllegalArgumentException(
          "device "
              + name
              + ": DJL sees "
              + count
              + " CUDA devices; run 'lacuna doctor' to learn what is missing, or use cpu");
    }
    return Device.gpu(index);
  }

  /**
   * The devices of a list of names: {@code cuda:0,cuda:1}, or {@code cpu,cpu} for two replicas.
   *
   * @param names names that {@link #parse} understands, separated by commas
   * @throws IllegalArgumentException if a name is unknown, DJL does not see a device, or devices
   *     are of two kinds
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

  /** The names that {@link #parseAll} understands. */
  public static String names(List<Device> devices) {
    return devices.stream().map(Devices::name).collect(Collectors.joining(","));
  }

  /** The name that {@link #parse} understands. */
  public static String name(Device device) {
    return device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu";
  }
}
