package ai.lacuna.run;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.lacuna.data.JpegReading;
import ai.lacuna.data.JpegReducer;
import ai.lacuna.engine.Determinism;
import ai.lacuna.engine.Devices;
import ai.lacuna.files.FileReplacement;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where something was computed.
 *
 * @param java version of the runtime
 * @param os name, version and architecture of the system
 * @param processors processors that the JVM sees
 * @param maxHeapMiB largest Java heap in MiB
 * @param engine DJL's engine with its version
 * @param jpeg what decoded JPEGs, if there were any, with its version
 * @param device where the network ran; several are separated by commas
 * @param threads threads of one operation on a CPU
 * @param deterministic whether libtorch used deterministic algorithms only
 * @param gpus what the GPUs that it computed on are called, or none
 */
public record Environment(
    String java,
    String os,
    int processors,
    long maxHeapMiB,
    String engine,
    String jpeg,
    String device,
    int threads,
    boolean deterministic,
    String gpus) {
  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();
  private static final int MIB = 1 << 20;
  private static final String NONE = "none";
  private static final String FILE = "environment.json";
  private static final String EXPECTED = "the environment of a run";
  private static final String REMEDY = "copy it from a checkpoint of the run";

  /** In the last word: the JVM's name before it may hold a number too. */
  private static final Pattern VERSION = Pattern.compile("[0-9]+(\\.[0-9]+)*(?=[^ ]*$)");

  /**
   * Describes this process.
   *
   * @param devices where the network runs
   * @param deterministic whether libtorch uses deterministic algorithms only
   * @param jpeg how JPEGs are decoded
   * @return the description
   */
  public static Environment current(List<Device> devices, boolean deterministic, JpegReading jpeg) {
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
        decoder(jpeg),
        Devices.names(devices),
        Determinism.threads(),
        deterministic,
        gpus(devices));
  }

  private static String gpus(List<Device> devices) {
    List<String> names = Devices.gpuNames(devices);
    return names.isEmpty() ? NONE : String.join("; ", names);
  }

  private static String decoder(JpegReading jpeg) {
    String full = "the JDK's decoder";
    return switch (jpeg) {
      case FULL -> full;
      // The first time that a file is met, and where a crop needs all of it, it is read in full.
      case REDUCED -> JpegReducer.require().name() + ", reduced; " + full + " in full";
    };
  }

  /**
   * Says in words where a run was computed: processors, system, Java's version, GPUs.
   *
   * @param run the run's directory
   * @return empty if it does not say
   * @throws IOException if it can't be read
   */
  public static Optional<String> machine(Path run) throws IOException {
    Path file = run.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    return Optional.of(RunFile.object(file, EXPECTED, REMEDY, Environment::machine));
  }

  private static String machine(JsonObject json) {
    // "Linux 6.1.0 amd64": the kernel's version says nothing of a figure.
    String system = text(json, "os").replaceAll(" .* ", " ");
    String java = text(json, "java");
    Matcher version = VERSION.matcher(java);
    String device = text(json, "device");
    // Runs of earlier versions do not name their GPUs.
    String gpus = json.has("gpus") ? text(json, "gpus") : NONE;
    String named = gpus.equals(NONE) ? device : gpus;
    return "%s processors, %s, Java %s%s"
        .formatted(
            text(json, "processors"),
            system,
            version.find() ? version.group() : java,
            device.startsWith("cuda") ? ", " + named : "");
  }

  private static String text(JsonObject json, String name) {
    if (!(json.get(name) instanceof JsonPrimitive value)) {
      throw new IllegalStateException("expected " + name + ", found none");
    }
    return value.getAsString();
  }

  /**
   * What decides the last digits of a run.
   *
   * @param replicas of the network, at least 1
   * @param threads of one operation on a CPU; 0 if the run does not say
   * @param deterministic whether libtorch used deterministic algorithms only
   */
  public record Arithmetic(int replicas, int threads, boolean deterministic) {}

  /**
   * Reads how a run was computed, last of all.
   *
   * @param run the run's directory
   * @return one replica and no more than that if it does not say
   * @throws IOException if it can't be read
   */
  public static Arithmetic arithmetic(Path run) throws IOException {
    Path file = run.resolve(FILE);
    if (!Files.exists(file)) {
      return new Arithmetic(1, 0, false);
    }
    return RunFile.object(file, EXPECTED, REMEDY, Environment::arithmetic);
  }

  private static Arithmetic arithmetic(JsonObject json) {
    String devices = json.has("device") ? json.get("device").getAsString() : "";
    return new Arithmetic(
        1 + (int) devices.chars().filter(c -> c == ',').count(),
        json.has("threads") ? json.get("threads").getAsInt() : 0,
        json.has("deterministic") && json.get("deterministic").getAsBoolean());
  }

  /** Writes it into a run; in one that has another, says in the record what changed. */
  void claim(Path run, long step, RunRecord record) throws IOException {
    Path file = run.resolve(FILE);
    String here = GSON.toJson(this);
    if (Files.exists(file)) {
      List<String> before = Files.readAllLines(file);
      List<String> changes =
          here.lines().filter(line -> !before.contains(line)).map(String::strip).toList();
      if (changes.isEmpty()) {
        return;
      }
      record.write("environment", new TrainingRun.Change(step, changes));
    }
    FileReplacement.write(file, here);
  }
}
