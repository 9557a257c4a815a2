package ai.lacuna.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Which room may use which, read from the class files of both artifacts. */
class RoomsTest {
  private static final String DJL = "ai.djl..";
  private static final String ONNX_RUNTIME = "ai.onnxruntime..";
  private static final String PROTOBUF = "com.google.protobuf..";
  private static final String ONNX_FORMAT = "ai.onnx.proto..";

  /** Rooms that everyone but lacuna-serving may use: they know nothing of networks. */
  private static final List<String> FOUNDATIONS = List.of("files", "random", "text", "weights");

  /** A room and those that it may use besides the foundations. */
  private static final Map<String, List<String>> MAY_USE = mayUse();

  private static final JavaClasses CLASSES = read();

  private static JavaClasses read() {
    // Names of other libraries' classes are enough; reading those classes takes most of a minute.
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    return new ClassFileImporter()
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
        .importPackages("ai.lacuna");
  }

  private static Map<String, List<String>> mayUse() {
    Map<String, List<String>> rooms = new LinkedHashMap<>();
    rooms.put("text", List.of());
    rooms.put("random", List.of());
    rooms.put("files", List.of());
    rooms.put("weights", List.of());
    rooms.put("cache", List.of("serving"));
    rooms.put("serving", List.of("serving.batch"));
    rooms.put("serving.batch", List.of());
    rooms.put("graph", List.of());
    rooms.put("graph.torchscript", List.of("graph"));
    rooms.put("graph.onnx", List.of("graph"));
    rooms.put("loss", List.of("graph"));
    rooms.put("vit", List.of("graph", "loss"));
    rooms.put("foreign", List.of("vit", "graph", "serving"));
    rooms.put("data", List.of("serving"));
    rooms.put("masking", List.of("serving"));
    rooms.put("augment", List.of("vit", "data", "serving"));
    rooms.put("engine", List.of("graph", "graph.torchscript"));
    rooms.put("instruments", List.of("graph", "vit", "engine", "serving"));
    rooms.put("train", List.of("graph", "graph.torchscript", "engine"));
    rooms.put("run", List.of("data", "engine", "instruments", "train"));
    rooms.put(
        "encoder", List.of("vit", "graph", "graph.torchscript", "engine", "train", "serving"));
    rooms.put(
        "pretrain",
        List.of(
            "vit",
            "loss",
            "graph",
            "masking",
            "data",
            "engine",
            "train",
            "instruments",
            "run",
            "serving"));
    rooms.put(
        "sweep",
        List.of(
            "vit",
            "loss",
            "graph",
            "data",
            "instruments",
            "pretrain",
            "monitor",
            "report",
            "run",
            "serving"));
    rooms.put("track", List.of("serving"));
    rooms.put("report", List.of("serving"));
    rooms.put(
        "monitor",
        List.of(
            "vit",
            "graph",
            "masking",
            "data",
            "engine",
            "train",
            "instruments",
            "pretrain",
            "probe",
            "encoder",
            "track",
            "report",
            "run",
            "serving"));
    rooms.put("probe", List.of("vit", "data", "engine", "train", "encoder", "export", "serving"));
    rooms.put("search", List.of("data", "encoder", "serving"));
    rooms.put(
        "finetune",
        List.of(
            "run",
            "vit",
            "graph",
            "augment",
            "masking",
            "data",
            "engine",
            "instruments",
            "train",
            "encoder",
            "foreign",
            "export",
            "serving"));
    rooms.put(
        "segment",
        List.of(
            "finetune",
            "export",
            "run",
            "vit",
            "graph",
            "augment",
            "data",
            "engine",
            "instruments",
            "train",
            "encoder",
            "serving"));
    rooms.put(
        "export",
        List.of(
            "vit",
            "graph",
            "graph.torchscript",
            "graph.onnx",
            "engine",
            "train",
            "encoder",
            "serving"));
    rooms.put(
        "zoo",
        List.of(
            "vit",
            "graph",
            "encoder",
            "engine",
            "train",
            "run",
            "pretrain",
            "foreign",
            "export",
            "finetune",
            "data",
            "cache",
            "serving"));
    rooms.put(
        "djl",
        List.of(
            "export",
            "vit",
            "graph",
            "graph.torchscript",
            "engine",
            "train",
            "encoder",
            "finetune",
            "zoo",
            "serving"));
    return rooms;
  }

  /** The room of a class: its package below ai.lacuna; empty for classes of others. */
  private static Optional<String> room(JavaClass type) {
    String prefix = "ai.lacuna.";
    String name = type.getBaseComponentType().getPackageName();
    return name.startsWith(prefix)
        ? Optional.of(name.substring(prefix.length()))
        : Optional.empty();
  }

  @Test
  void roomsUseOnlyThoseOfThePlan() {
    TreeSet<String> violations = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      String from = room(type).orElseThrow();
      if (from.equals("cli") || from.startsWith("cli.")) {
        continue; // It may use every room.
      }
      List<String> allowed = MAY_USE.getOrDefault(from, List.of());
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        Optional<String> to = room(dependency.getTargetClass());
        boolean foundation = to.isPresent() && FOUNDATIONS.contains(to.get());
        boolean mayLean = foundation && !from.equals("serving");
        if (to.isPresent() && !to.get().equals(from) && !mayLean && !allowed.contains(to.get())) {
          violations.add(from + " uses " + to.get() + ": " + dependency.getDescription());
        }
      }
    }
    assertEquals("", String.join("\n", violations));
  }

  @Test
  void everyRoomIsInThePlan() {
    TreeSet<String> unknown = new TreeSet<>();
    CLASSES.forEach(type -> unknown.add(room(type).orElseThrow()));
    unknown.removeIf(
        room -> MAY_USE.containsKey(room) || room.equals("cli") || room.startsWith("cli."));
    assertEquals(new TreeSet<String>(), unknown, "rooms without a line in the plan");
  }

  @Test
  void nothingUsesTheCommandLine() {
    noClasses()
        .that()
        .resideOutsideOfPackage("ai.lacuna.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.lacuna.cli..")
        .check(CLASSES);
  }

  @Test
  void networksAndTheirLoweringsKnowNoRuntime() {
    noClasses()
        .that()
        .resideInAnyPackage("ai.lacuna.graph..", "ai.lacuna.loss..", "ai.lacuna.vit..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(DJL, ONNX_RUNTIME)
        .check(CLASSES);
  }

  @Test
  void onlyTheOnnxLoweringKnowsItsFormat() {
    noClasses()
        .that()
        .resideOutsideOfPackage("ai.lacuna.graph.onnx..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ONNX_FORMAT)
        .check(CLASSES);
    // TFRecord files and TensorBoard's event files hold protocol buffers too.
    noClasses()
        .that()
        .resideOutsideOfPackages("ai.lacuna.graph.onnx..", "ai.lacuna.data..", "ai.lacuna.track..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(PROTOBUF)
        .check(CLASSES);
  }

  @Test
  void foundationsAndDataKnowNoRuntime() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "ai.lacuna.cache..",
            "ai.lacuna.files..",
            "ai.lacuna.random..",
            "ai.lacuna.text..",
            "ai.lacuna.weights..",
            "ai.lacuna.masking..",
            "ai.lacuna.data..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(DJL, ONNX_RUNTIME)
        .check(CLASSES);
  }

  @Test
  void servingKnowsOnnxRuntimeAndGsonOnly() {
    classes()
        .that()
        .resideInAPackage("ai.lacuna.serving..")
        .and()
        .doNotHaveSimpleName("MicrometerListener") // Optional, and known to its listener alone.
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "ai.lacuna.serving..",
            ONNX_RUNTIME,
            "com.google.gson..",
            "org.jspecify..",
            "java..",
            "javax.imageio..")
        .check(CLASSES);
  }

  @Test
  void onlyServingKnowsOnnxRuntime() {
    // The doctor of the command line asks it for its providers.
    noClasses()
        .that()
        .resideOutsideOfPackages("ai.lacuna.serving..", "ai.lacuna.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ONNX_RUNTIME)
        .check(CLASSES);
  }

  /** An empty import would let every rule pass. */
  @Test
  void bothArtifactsAreRead() {
    for (String room : List.of("graph", "graph.torchscript", "vit", "engine", "serving")) {
      assertTrue(CLASSES.stream().anyMatch(type -> room(type).orElseThrow().equals(room)), room);
    }
  }
}
