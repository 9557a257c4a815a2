package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxEnvironmentTest {
  private static final int LONG = 100_000;

  /** What a build, or a server of builds, sets; ONNX Runtime looks at each. */
  private static final Set<String> TELEMETRY_OFF =
      Set.of(
          "ORT_DISABLE_TELEMETRY",
          "ORT_RUNNING_UNIT_TESTS",
          "CI",
          "TF_BUILD",
          "GITHUB_ACTIONS",
          "GITLAB_CI",
          "CIRCLECI",
          "TRAVIS",
          "JENKINS_URL",
          "CODEBUILD_BUILD_ID",
          "BUILDKITE",
          "TEAMCITY_VERSION",
          "APPVEYOR",
          "BITBUCKET_BUILD_NUMBER",
          "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI");

  /** A JVM of its own, with a class path as long as an application server's. */
  @Test
  void startsInAProcessWithALongCommandLine(@TempDir Path folder) throws Exception {
    TinyBundle.copyTo(folder);
    String classPath = System.getProperty("java.class.path");
    StringBuilder padded = new StringBuilder(classPath);
    while (padded.length() < LONG) {
      padded.append(System.getProperty("path.separator")).append(folder).append("/absent.jar");
    }
    String text = run(folder, padded.toString());
    assertTrue(text.contains("32 features"), text);
  }

  /** ONNX Runtime keeps what it has still to report, labels and all, in a file of the home. */
  @Test
  void reportsNothingOfAModel(@TempDir Path folder) throws Exception {
    TinyBundle.copyTo(folder);
    run(folder, System.getProperty("java.class.path"));
    try (Stream<Path> left = Files.walk(folder.resolve("home"))) {
      for (Path file : left.filter(Files::isRegularFile).toList()) {
        String content = Files.readString(file, StandardCharsets.ISO_8859_1);
        for (String word : List.of("encoder.onnx", "Trouser", "SessionCreation")) {
          assertFalse(content.contains(word), file + " holds " + word);
        }
      }
    }
  }

  /**
   * The output of a JVM that embeds an image, as an application would start it: nothing in its
   * environment turns telemetry off.
   */
  private static String run(Path bundle, String classPath) throws Exception {
    Path output = bundle.resolve("output.txt");
    ProcessBuilder builder =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xss512k",
                    "-cp",
                    classPath,
                    Main.class.getName(),
                    bundle.toString()))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().keySet().removeAll(TELEMETRY_OFF);
    builder.environment().put("HOME", Files.createDirectory(bundle.resolve("home")).toString());
    Process process = builder.start();
    assertTrue(process.waitFor(120, TimeUnit.SECONDS), "expected an end, found none");
    String text = Files.readString(output, StandardCharsets.UTF_8);
    assertEquals(0, process.exitValue(), text);
    return text;
  }

  /** What the other process runs. */
  static final class Main {
    private Main() {}

    public static void main(String[] args) throws IOException {
      try (OnnxEncoder encoder = OnnxEncoder.open(Path.of(args[0]))) {
        System.out.println(encoder.embed(Pixels.of(28, 28, 1, new byte[784])).length + " features");
      }
    }
  }
}
