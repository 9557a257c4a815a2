package ai.lacuna.zoo;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.engine.Devices;
import ai.lacuna.text.NearMatches;
import java.net.URI;
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
 * <p>The environment variable {@value #VARIABLE} may name a folder of the same layout, or its
 * address on a web server; it is searched before the bundled zoo. Files of servers are fetched once
 * and kept; {@link ZooSettings} says where, and the same in code.
 */
public final class Zoo {
  /** The environment variable that names a private zoo's folder or address. */
  public static final String VARIABLE = ZooSettings.ZOO;

  private final Map<String, ZooEntry> entries;

  private Zoo(List<ZooFolder> folders, ZooSettings settings) {
    Map<String, ZooEntry> found = new LinkedHashMap<>();
    for (ZooFolder folder : folders) {
      for (ZooListing listing : ZooIndex.of(folder, settings.cache()).entries()) {
        found.putIfAbsent(listing.name(), new ZooEntry(new EntryFiles(folder, listing, settings)));
      }
    }
    this.entries = Map.copyOf(found);
  }

  /**
   * Loads an encoder by name, on CUDA when libtorch sees it, else on the CPU.
   *
   * @param name the full name, in the private zoo or the bundled one
   * @return the frozen encoder; close it
   * @throws ZooException if there is no such entry, or its files are damaged or cannot be fetched
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
   * @throws ZooException if there is no such entry, or its files are damaged or cannot be fetched
   * @throws IllegalArgumentException if libtorch does not see that device
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
    return open(ZooSettings.fromEnvironment());
  }

  /**
   * Opens the private zoo that is given, if one is, and the bundled zoo.
   *
   * @param settings which zoo, where files of servers are kept, which licences are accepted
   * @return the zoo; an entry of the private zoo hides a bundled one of the same name
   * @throws ZooException if that is no zoo, or an index is malformed
   */
  public static Zoo open(ZooSettings settings) {
    return settings.zoo().isEmpty()
        ? new Zoo(List.of(ZooFolder.BUNDLED), settings)
        : new Zoo(List.of(found(settings.zoo()), ZooFolder.BUNDLED), settings);
  }

  /** Opens the zoo that travels in the jar, alone. */
  public static Zoo bundled() {
    return new Zoo(List.of(ZooFolder.BUNDLED), ZooSettings.fromEnvironment());
  }

  /**
   * Opens a zoo on disk, alone.
   *
   * @param folder the folder that holds {@code index.json}
   * @return the zoo
   * @throws ZooException if it has no index, or a malformed one
   */
  public static Zoo at(Path folder) {
    return at(ZooSettings.fromEnvironment().withZoo(folder.toString()));
  }

  /**
   * Opens a zoo on a server, alone. Its index is fetched; where that cannot be, the copy of the
   * last time is used, and said to be one.
   *
   * @param address the address of the folder that holds {@code index.json}, http or https
   * @return the zoo
   * @throws ZooException if it cannot be reached, or its index is malformed
   */
  public static Zoo at(URI address) {
    return at(ZooSettings.fromEnvironment().withZoo(address.toString()));
  }

  /**
   * Opens the zoo that is given, alone.
   *
   * @param settings which zoo, where files of servers are kept, which licences are accepted
   * @return the zoo
   * @throws ZooException if that is no zoo, or its index is malformed
   */
  public static Zoo at(ZooSettings settings) {
    return new Zoo(List.of(found(settings.zoo())), settings);
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

  private static ZooFolder found(String folderOrAddress) {
    try {
      ZooFolder folder = ZooSettings.folder(folderOrAddress);
      if (folder instanceof ZooFolder.Directory directory
          && !Files.isRegularFile(directory.path(ZooIndex.FILE))) {
        throw new ZooException(
            directory.root()
                + ": expected a zoo's folder with "
                + ZooIndex.FILE
                + ", or an address that begins with https://, found none");
      }
      return folder;
    } catch (IllegalArgumentException e) {
      String plain = folderOrAddress.replaceFirst("//[^/]*@", "//...@"); // A password, perhaps.
      throw new ZooException(plain + ": expected a zoo's folder or address: " + e.getMessage(), e);
    }
  }
}
