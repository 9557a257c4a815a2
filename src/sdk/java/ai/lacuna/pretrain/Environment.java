package ai.lacuna.pretrain;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.lacuna.engine.Devices;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where something was computed.
 *
 * @param java version of the runtime
 * @param os name, version and architecture of the system
 * @param processors processors that the JVM sees
 * @param maxHeapMiB largest Java heap in MiB
 * @param engine DJL's engine with its version
 * @param device where the network ran
 */
public record Environment(
    String java, String os, int processors, long maxHeapMiB, String engine, String device) {
  private static final int MIB = 1 << 20;

  /**
   * Describes this process.
   *
   * @param device where the network runs
   * @return the description
   */
  public static Environment current(Device device) {
    Engine engine = Engine.getEngine(Devices.ENGINE);
    return new Environment(
        System.getProperty("java.vm.name") + " " + Runtime.version(),
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        Runtime.getRuntime().maxMemory() / MIB,
        engine.getEngineName() + " " + engine.getVersion(),
        Devices.name(device));
  }

  void write(Path file) throws IOException {
    Files.writeString(file, new GsonBuilder().setPrettyPrinting().create().toJson(this));
  }
}
