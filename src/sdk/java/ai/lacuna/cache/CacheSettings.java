package ai.lacuna.cache;

import ai.lacuna.serving.CacheFolder;
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
  public static final String CACHE = CacheFolder.VARIABLE;

  /** Forbids every connection if it is 1 or true. */
  public static final String OFFLINE = "LACUNA_OFFLINE";

  /** What the environment says; else the folder for caches of this system, and online. */
  public static CacheSettings fromEnvironment() {
    String offline = find(OFFLINE).orElse("");
    return new CacheSettings(
        CacheFolder.find(), offline.equals("1") || offline.equalsIgnoreCase("true"));
  }

  /**
   * A setting of the environment.
   *
   * @param variable for example {@code LACUNA_CACHE}, whose property is {@code lacuna.cache}
   * @return its value; empty if there is none, or it is blank
   */
  public static Optional<String> find(String variable) {
    return CacheFolder.setting(variable);
  }
}
