package ai.lacuna.serving;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** Where Lacuna keeps files that can be fetched or made again. */
public final class CacheFolder {
  /** The environment variable that names the folder; {@code lacuna.cache} is its property. */
  public static final String VARIABLE = "LACUNA_CACHE";

  private static final String NAME = "lacuna";

  private CacheFolder() {}

  /**
   * The folder: that of {@value #VARIABLE}, else below {@code XDG_CACHE_HOME}, on Windows below
   * {@code LOCALAPPDATA}, else {@code ~/.cache/lacuna}. It need not exist.
   */
  public static Path find() {
    return setting(VARIABLE).map(Path::of).orElseGet(CacheFolder::usual);
  }

  /** Where the bundle of a name is kept, see {@link Bundle#openCached}. */
  public static Path bundle(String name) {
    return find().resolve("bundles").resolve(name);
  }

  /**
   * A setting of the environment.
   *
   * @param variable for example {@code LACUNA_CACHE}, whose system property is {@code lacuna.cache}
   * @return its value, of which the property's comes first; empty if there is none, or it is blank
   */
  public static Optional<String> setting(String variable) {
    String property = variable.toLowerCase(Locale.ROOT).replaceFirst("_", ".");
    String value = System.getProperty(property);
    return Optional.ofNullable(value == null ? System.getenv(variable) : value)
        .filter(text -> !text.isBlank());
  }

  private static Path usual() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    if (xdg != null && Path.of(xdg).isAbsolute()) {
      return Path.of(xdg, NAME);
    }
    String local = System.getenv("LOCALAPPDATA");
    if (local != null && !local.isBlank()) {
      return Path.of(local, NAME, "cache");
    }
    return Path.of(System.getProperty("user.home", "."), ".cache", NAME);
  }
}
