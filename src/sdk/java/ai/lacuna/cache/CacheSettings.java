package ai.lacuna.cache;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the cache lies and whether servers may be asked.
 *
 * <p>Each setting is an environment variable, or a system property that goes before it: {@code
 * LACUNA_CACHE} or {@code lacuna.cache}, {@code LACUNA_OFFLINE} or {@code lacuna.offline}.
 *
 * @param root the cache's folder
 * @param offline whether servers must not be asked
 */
public record CacheSettings(Path root, boolean offline) {
  /** Names the cache's folder. */
  public static final String CACHE = "LACUNA_CACHE";

  /** Forbids every connection if it is 1 or true. */
  public static final String OFFLINE = "LACUNA_OFFLINE";

  private static final String FOLDER = "lacuna";

  /** What the environment says; else the folder for caches of this system, and online. */
  public static CacheSettings fromEnvironment() {
    String offline = find(OFFLINE).orElse("");
    return new CacheSettings(
        find(CACHE).map(Path::of).orElseGet(CacheSettings::usual),
        offline.equals("1") || offline.equalsIgnoreCase("true"));
  }

  /** XDG's folder for caches, on Windows that for local data. */
  private static Path usual() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    if (xdg != null && Path.of(xdg).isAbsolute()) {
      return Path.of(xdg, FOLDER);
    }
    String local = System.getenv("LOCALAPPDATA");
    if (local != null && !local.isBlank()) {
      return Path.of(local, FOLDER, "cache");
    }
    return Path.of(System.getProperty("user.home", "."), ".cache", FOLDER);
  }

  /**
   * A setting of the environment.
   *
   * @param variable for example {@code LACUNA_CACHE}, whose property is {@code lacuna.cache}
   * @return its value; empty if there is none, or it is blank
   */
  public static Optional<String> find(String variable) {
    String property = variable.toLowerCase(java.util.Locale.ROOT).replaceFirst("_", ".");
    String value = System.getProperty(property);
    return Optional.ofNullable(value == null ? System.getenv(variable) : value)
        .filter(text -> !text.isBlank());
  }
}
