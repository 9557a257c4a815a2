package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.cache.FileServer;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A zoo that was published to a folder, behind a static web server, as another machine sees it. */
class ZooServerTest {
  private static final String NAME = "vit_tiny.test";

  private final Path zoo;
  private final Path cache;
  private final FileServer server = new FileServer();

  ZooServerTest(@TempDir Path zoo, @TempDir Path cache) throws IOException {
    this.zoo = zoo;
    this.cache = cache;
    TinyEntries.publish(zoo, NAME, 1);
    server.putAll("/models/", zoo);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private ZooSettings settings() {
    return ZooSettings.fromEnvironment().withZoo(server.at("/models/").toString()).withCache(cache);
  }

  private static String message(org.junit.jupiter.api.function.Executable action) {
    return String.valueOf(assertThrows(ZooException.class, action).getMessage());
  }

  private static float[] features(ZooEntry entry) {
    byte[] bytes = new byte[64];
    new Random(2).nextBytes(bytes);
    try (Encoder encoder = entry.load(Device.cpu())) {
      return encoder.embed(Pixels.of(8, 8, 1, bytes));
    }
  }

  @Test
  void givesTheSameFeaturesOnAnotherMachine() {
    ZooEntry local = Zoo.at(zoo).require(NAME);
    ZooEntry remote = Zoo.open(settings()).require(NAME);
    assertTrue(remote.isRemote());
    assertFalse(remote.isHere());

    assertArrayEquals(features(local), features(remote));
    assertEquals(local.listing(), remote.listing());
    assertEquals(local.recipe(), remote.recipe());
    assertEquals(
        local.autoencoder().orElseThrow().weights().sha256(),
        remote.autoencoder().orElseThrow().weights().sha256());
    assertTrue(remote.isHere());
    assertEquals(
        1, server.requests().stream().filter(r -> r.endsWith("encoder.safetensors")).count());
  }

  @Test
  void worksOfflineWithWhatIsHere() {
    String offline = message(() -> Zoo.open(settings().offline()));
    assertTrue(offline.contains("/models/index.json: expected a copy at " + cache), offline);
    Zoo.open(settings()).require(NAME).fetch(false);
    server.close();

    ZooEntry entry = Zoo.open(settings().offline()).require(NAME);
    assertEquals(2 * TinyEntries.CONFIG.embedDim(), features(entry).length);
    entry.remove();
    String gone = message(entry::weights);
    assertTrue(gone.startsWith(NAME + ": ") && gone.contains("LACUNA_OFFLINE"), gone);
  }

  @Test
  void refusesFilesThatAreNotTheIndexs() throws IOException {
    byte[] weights = Files.readAllBytes(zoo.resolve(NAME).resolve("encoder.safetensors"));
    weights[weights.length - 1] ^= 1;
    server.put("/models/" + NAME + "/encoder.safetensors", weights);
    ZooEntry entry = Zoo.open(settings()).require(NAME);

    assertTrue(message(entry::weights).contains("expected SHA-256 " + entry.weightsSha256()));
    server.put("/models/" + NAME + "/encoder.safetensors", Arrays.copyOf(weights, 7));
    assertTrue(message(entry::weights).contains("found that the server has 7"));
  }

  @Test
  void findsOutWhatIsDamaged() throws IOException {
    ZooEntry entry = Zoo.open(settings()).require(NAME);
    assertTrue(states(entry).stream().allMatch(ZooEntry.Verdict.State.ABSENT::equals));
    entry.fetch(false);
    assertTrue(states(entry).stream().allMatch(ZooEntry.Verdict.State.OK::equals));
    byte[] bytes = Files.readAllBytes(entry.weightsPath());
    bytes[bytes.length - 1] ^= 1;
    Files.write(entry.weightsPath(), bytes);

    assertEquals(ZooEntry.Verdict.State.DAMAGED, states(entry).get(0));
    assertTrue(entry.verify().get(0).detail().contains("expected SHA-256"));
    assertTrue(entry.remove() > bytes.length);
    assertFalse(entry.isHere());
  }

  private static List<ZooEntry.Verdict.State> states(ZooEntry entry) {
    return entry.verify().stream().map(ZooEntry.Verdict::state).toList();
  }

  @Test
  void takesAnAddressInEachOfItsForms() {
    for (String form : List.of("/models", "/models/", "/models/index.json")) {
      Zoo one = Zoo.at(settings().withZoo(server.at(form).toString()));
      assertEquals(List.of(NAME), one.list().stream().map(ZooEntry::name).toList());
    }
    assertTrue(message(() -> Zoo.at(settings().withZoo("http:///x"))).contains("http:///x"));
    assertTrue(message(() -> Zoo.at(settings().withZoo("https://a b/"))).contains("a b"));
    assertTrue(
        message(() -> Zoo.at(settings().withZoo("/nowhere"))).contains("address that begins"));
  }

  /** An index is a hostile file. */
  @Test
  void refusesHostileIndexes() throws IOException {
    String good = Files.readString(zoo.resolve("index.json"));
    String entry = good.substring(good.indexOf("    {\n"), good.lastIndexOf("\n  ]"));
    List<String[]> attacks =
        List.of(
            new String[] {NAME, "../x"},
            new String[] {NAME, "..\\\\x"},
            new String[] {NAME, "/etc"},
            new String[] {NAME, "C:x"},
            new String[] {NAME, ".hidden"},
            new String[] {NAME, "n".repeat(129)},
            new String[] {"\"config.json\"", "\"../../x\""},
            new String[] {"\"config.json\"", "\"a/b\""},
            new String[] {"\"config.json\"", "\"encoder.safetensors.sha256\""},
            new String[] {"\"config.json\"", "\"Encoder.safetensors\""},
            new String[] {"\"sha256\": ", "\"source\": \"file:///etc/passwd\", \"sha256\": "},
            new String[] {"\"sha256\": ", "\"source\": \"ftp://a/b\", \"sha256\": "},
            new String[] {entry, entry + ",\n" + entry},
            new String[] {entry, entry + ",\n" + entry.replace(NAME, "VIT_tiny.test")},
            new String[] {"\"entries\": [", "\"entries\": [null,"});
    for (String[] attack : attacks) {
      String bad =
          good.replaceFirst(
              Pattern.quote(attack[0]), java.util.regex.Matcher.quoteReplacement(attack[1]));
      assertFalse(bad.equals(good), attack[0]);
      server.put("/models/index.json", bad.getBytes(StandardCharsets.UTF_8));
      String found = message(() -> Zoo.at(settings()));
      assertTrue(found.contains("index.json: "), attack[1] + ": " + found);
    }
    byte[] huge = new byte[ZooIndex.MOST_BYTES + 1];
    server.put("/models/index.json", huge);
    Path other = cache.resolve("other");
    assertTrue(message(() -> Zoo.at(settings().withCache(other))).contains("expected at most"));
  }

  @Test
  void readsIndexesOfTheFirstVersion() throws IOException {
    String first =
        Files.readString(zoo.resolve("index.json"))
            .replace("\"format\": 2", "\"format\": 1")
            .replaceAll(
                ",\\s*\"consent\": false,\\s*\"results\": \\[],\\s*\"studies\": \\[],\\s*\"exports\": \\[]",
                "");
    assertFalse(first.contains("consent") || first.contains("md5_prefix"));
    server.put("/models/index.json", first.getBytes(StandardCharsets.UTF_8));

    assertEquals(Zoo.at(zoo).require(NAME).listing(), Zoo.at(settings()).require(NAME).listing());
  }
}
