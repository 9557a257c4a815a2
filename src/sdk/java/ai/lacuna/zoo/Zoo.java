package ai.lacuna.zoo;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.engine.Devices;
import ai.lacuna.text.NearMatches;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Pretrained encoders by name.
 *
 * <pre>{@code
 * try (Encoder encoder = Zoo.load("vit_micro_patch4_28.mae_fashion_mnist")) {
 *   float[] embedding = encoder.embed(Pixels.read(Path.of("shirt.png")));
 * }
 * }</pre>
 *
 * <p>The environment variable {@value #VARIABLE} may name a folder of the same layout, which is
 * searched before the bundled zoo.
 */
public final class Zoo {
  /** The environment variable that names a private zoo's folder. */
  public static final String VARIABLE = "LACUNA_ZOO";

  private final Map<String, ZooEntry> entries;

  private Zoo(List<ZooFolder> folders) {
    Map<String, ZooEntry> found = new LinkedHashMap<>();
    for (ZooFolder folder : folders) {
      for (ZooListing listing : index(folder).entries()) {
        found.putIfAbsent(listing.name(), new ZooEntry(folder, listing));
      }
    }
    this.entries = Map.copyOf(found);
  }

  /**
   * Loads an encoder by name, on CUDA when DJL sees it, else on the CPU.
   *
   * @param name the full name, in the private zoo or the bundled one
   * @return the frozen encoder; close it
   * @throws ZooException if there is no such entry, or its files are damaged
   */
  public static Encoder load(String name) {
    return load(name, Devices.parse("auto"));
  }

  /**
   * Loads an encoder by name.
   *
   * @param name the full name, in the private zoo or the bundled one
   * @param device where it runs
   * @return the frozen encoder; close it
   * @throws ZooException if there is no such entry, or its files are damaged
   */
  public static Encoder load(String name, Device device) {
    return open().require(name).load(device);
  }

  /**
   * Opens the private zoo, if there is one, and the bundled zoo.
   *
   * @return the zoo; an entry of the private zoo hides a bundled one of the same name
   * @throws ZooException if {@value #VARIABLE} names no zoo, or an index is malformed
   */
  public static Zoo open() {
    String folder = System.getenv(VARIABLE);
    return folder == null || folder.isBlank() ? bundled() : openWith(Path.of(folder));
  }

  /** Opens the zoo that travels in the jar, alone. */
  public static Zoo bundled() {
    return new Zoo(List.of(ZooFolder.BUNDLED));
  }

  /**
   * Opens a zoo on disk, alone.
   *
   * @param folder the folder that holds {@code index.json}
   * @return the zoo
   * @throws ZooException if it has no index, or a malformed one
   */
  public static Zoo at(Path folder) {
    return new Zoo(List.of(directory(folder)));
  }

  static Zoo openWith(Path privateZoo) {
    return new Zoo(List.of(directory(privateZoo), ZooFolder.BUNDLED));
  }

  /** All entries in the order of their names. */
  public List<ZooEntry> list() {
    return entries.keySet().stream().sorted().map(this::require).toList();
  }

  /**
   * The entries whose names match a pattern.
   *
   * @param pattern a name in which {@code *} stands for any characters and {@code ?} for one
   * @return the entries in the order of their names, possibly none
   */
  public List<ZooEntry> list(String pattern) {
    Pattern names =
        Pattern.compile(
            pattern
                .chars()
                .mapToObj(
                    c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c)))
                .collect(Collectors.joining()));
    return list().stream().filter(entry -> names.matcher(entry.name()).matches()).toList();
  }

  /** The entry of a name, if there is one. */
  public Optional<ZooEntry> find(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  /**
   * The entry of a name.
   *
   * @param name the full name
   * @return the entry
   * @throws ZooException if there is none; the message lists names that resemble it
   */
  public ZooEntry require(String name) {
    return find(name).orElseThrow(() -> missing(name, entries.keySet()));
  }

  private static ZooException missing(String name, Collection<String> known) {
    String question = NearMatches.question(name, known);
    List<String> all = new ArrayList<>(known);
    all.sort(null);
    return new ZooException(
        name
            + ": expected the name of a zoo entry; "
            + (question.isEmpty() ? "the zoo has " + all : question));
  }

  private static ZooFolder directory(Path folder) {
    if (!Files.isRegularFile(folder.resolve(ZooIndex.FILE))) {
      throw new ZooException(
          folder + ": expected a zoo's folder with " + ZooIndex.FILE + ", found none");
    }
    return new ZooFolder.Directory(folder);
  }

  private static ZooIndex index(ZooFolder folder) {
    String where = folder.describe(ZooIndex.FILE);
    try (InputStream stream =
        folder
            .open(ZooIndex.FILE)
            .orElseThrow(() -> new ZooException(where + ": expected a file, found none"))) {
      return ZooJson.read(
          new String(stream.readAllBytes(), StandardCharsets.UTF_8), ZooIndex.class, where);
    } catch (IOException e) {
      throw new ZooException(where + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
