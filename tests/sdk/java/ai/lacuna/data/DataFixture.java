package ai.lacuna.data;

import com.google.gson.Gson;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The data sets that other people's libraries wrote, and what is in them. */
final class DataFixture {
  private DataFixture() {}

  /** One sample as the script that wrote it says. */
  record Expected(int label, List<Integer> shape, String sha256) {
    static Expected of(Sample sample) {
      try {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(sample.pixels().data());
        return new Expected(
            sample.label(),
            List.of(sample.pixels().height(), sample.pixels().width(), sample.pixels().channels()),
            HexFormat.of().formatHex(digest));
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError(e);
      }
    }

    Expected unlabelled() {
      return new Expected(Sample.NO_LABEL, shape, sha256);
    }
  }

  static Path path(String name) {
    URL url = Objects.requireNonNull(DataFixture.class.getResource("/fixtures/data/" + name), name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static List<Expected> expected(String name) throws IOException {
    String json = Files.readString(path("expected.json"));
    Map<String, List<Expected>> all =
        new Gson()
            .fromJson(
                json,
                new com.google.gson.reflect.TypeToken<Map<String, List<Expected>>>() {}.getType());
    return Objects.requireNonNull(all.get(name), name);
  }
}
