package ai.lacuna.zoo;

import ai.lacuna.cache.Bearer;
import ai.lacuna.cache.CacheSettings;
import ai.lacuna.cache.DownloadProgress;
import ai.lacuna.cache.FileCache;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which zoo is meant, where files of servers are kept, and which licences are accepted.
 *
 * <pre>{@code
 * Zoo zoo = Zoo.open(ZooSettings.fromEnvironment().withZoo("https://models.example.org/zoo/"));
 * }</pre>
 *
 * @param zoo a folder, or an address that begins with http:// or https://; empty for the bundled
 *     zoo alone
 * @param cache where files of servers are kept
 * @param licenses identifiers of licences that are accepted, such as {@code CC-BY-NC-4.0}; {@code
 *     all} stands for every one
 */
public record ZooSettings(String zoo, FileCache cache, Set<String> licenses) {
  /** Names the private zoo. */
  public static final String ZOO = "LACUNA_ZOO";

  /** Names accepted licences, with commas between them. */
  public static final String LICENSES = "LACUNA_ACCEPT_LICENSE";

  private static final String ALL = "all";

  /**
   * Copies the set, and gives the zoo's server the token of {@value Bearer#VARIABLE}, if there is
   * one.
   *
   * @throws IllegalArgumentException if a token cannot be what that variable holds
   */
  public ZooSettings {
    licenses = Set.copyOf(licenses);
    cache = isServer(zoo) ? cache.with(Bearer.fromEnvironment(zoo)) : cache;
  }

  /**
   * What the environment says: {@value #ZOO}, {@value #LICENSES}, {@value CacheSettings#CACHE} and
   * {@value CacheSettings#OFFLINE}, or the system properties {@code lacuna.zoo}, {@code
   * lacuna.accept_license} and so on.
   */
  public static ZooSettings fromEnvironment() {
    return new ZooSettings(
        CacheSettings.find(ZOO).orElse(""),
        FileCache.standard(),
        Arrays.stream(CacheSettings.find(LICENSES).orElse("").split(",", -1))
            .map(String::strip)
            .filter(text -> !text.isEmpty())
            .collect(Collectors.toSet()));
  }

  /** The same with another private zoo, a folder or an address. */
  public ZooSettings withZoo(String folderOrAddress) {
    return new ZooSettings(folderOrAddress, cache, licenses);
  }

  /** The same with another folder for files of servers. */
  public ZooSettings withCache(Path root) {
    return with(new CacheSettings(root, cache.settings().offline()), cache.progress());
  }

  /** The same without a network. */
  public ZooSettings offline() {
    return with(new CacheSettings(cache.settings().root(), true), cache.progress());
  }

  /** The same with someone else told what happens. */
  public ZooSettings withProgress(DownloadProgress progress) {
    return with(cache.settings(), progress);
  }

  /** The same with another licence accepted. */
  public ZooSettings accepting(String license) {
    Set<String> more = new HashSet<>(licenses);
    more.add(license);
    return new ZooSettings(zoo, cache, more);
  }

  private ZooSettings with(CacheSettings settings, DownloadProgress progress) {
    return new ZooSettings(zoo, FileCache.of(settings, progress), licenses);
  }

  boolean accepts(String license) {
    return licenses.contains(ALL) || licenses.stream().anyMatch(license::equalsIgnoreCase);
  }

  /** Whether the zoo is on a server, which opening it asks. */
  public boolean onServer() {
    return isServer(zoo);
  }

  private static boolean isServer(String folderOrAddress) {
    String lower = folderOrAddress.toLowerCase(Locale.ROOT);
    return lower.startsWith("http://") || lower.startsWith("https://");
  }

  /** Where a zoo lies: on a server or on disk. */
  static ZooFolder folder(String folderOrAddress) {
    return isServer(folderOrAddress)
        ? ZooFolder.Server.of(URI.create(folderOrAddress))
        : new ZooFolder.Directory(Path.of(folderOrAddress));
  }
}
