package ai.lacuna.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BearerTest {
  private static final String TOKEN = "hf_s3cret";

  @ParameterizedTest
  @CsvSource({
    "https://zoo.example/models/, https://zoo.example/other/a.bin, true",
    "https://zoo.example/, https://ZOO.example:443/a.bin, true",
    "https://zoo.example/, https://zoo.example:8443/a.bin, false",
    "https://zoo.example/, https://cdn.zoo.example/a.bin, false",
    "https://zoo.example/, https://zoo.example.org/a.bin, false",
    "https://zoo.example/, http://zoo.example/a.bin, false",
    "http://zoo.example/, http://zoo.example/a.bin, false",
    "http://zoo.example/, https://zoo.example/a.bin, false",
    "http://127.0.0.1:80/, http://127.0.0.1/a.bin, true",
    "http://127.0.0.1/, http://localhost/a.bin, false",
  })
  void goesToItsServerAlone(URI server, URI address, boolean expected) {
    Optional<String> shown = Bearer.of(server, TOKEN).authorization(address);
    assertEquals(expected ? Optional.of("Bearer " + TOKEN) : Optional.empty(), shown);
  }

  @Test
  void isNeverShown() {
    URI server = URI.create("https://zoo.example/");
    assertFalse(Bearer.of(server, TOKEN).toString().contains(TOKEN));
    for (String bad : new String[] {"", "two words", "line\nX-Other: 1", "caf\u00e9"}) {
      Throwable refused =
          assertThrows(IllegalArgumentException.class, () -> Bearer.of(server, bad));
      assertEquals(
          "LACUNA_ZOO_TOKEN: expected ASCII letters, digits and signs without blanks, found others",
          refused.getMessage());
    }
  }
}
