package ai.lacuna.zoo;

import ai.lacuna.files.FileReplacement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Asks for a licence to be accepted before the weights under it are used, and remembers it. */
final class LicenseConsent {
  private static final String FILE = "license.accepted";

  private LicenseConsent() {}

  /**
   * Refuses an entry whose licence nobody has accepted.
   *
   * @param place the entry's folder in the cache
   * @throws ZooException if it was accepted neither by the settings nor earlier
   */
  static void require(ZooListing listing, String place, ZooSettings settings) {
    if (!listing.consent()) {
      return;
    }
    String license = listing.about().license();
    Path file = settings.cache().path(place + "/" + FILE);
    try {
      boolean before = Files.isRegularFile(file) && Files.readString(file).strip().equals(license);
      if (before) {
        return;
      }
      if (settings.accepts(license)) {
        FileReplacement.write(file, license + "\n");
        return;
      }
    } catch (IOException e) {
      throw new ZooException(file + ": cannot be read or written: " + e.getMessage(), e);
    }
    throw new ZooException(
        ("%s: expected its licence %s to be accepted (%s); read it, then 'lacuna zoo pull %s"
                + " --accept-license', or set %s=%s")
            .formatted(
                listing.name(),
                license,
                listing.about().source(),
                listing.name(),
                ZooSettings.LICENSES,
                license));
  }
}
