package ai.lacuna.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {
  private static final URI ADDRESS = URI.create("https://zoo.example.org/models/a.bin");

  private static Optional<Proxy> of(
      Map<String, String> environment, Map<String, String> properties, URI address)
      throws DownloadException {
    return new Proxies(
            name -> Optional.ofNullable(environment.get(name)),
            name -> Optional.ofNullable(properties.get(name)))
        .of(address);
  }

  private static Proxy proxy(String host, int port) {
    return new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(host, port));
  }

  @ParameterizedTest
  @CsvSource({
    "HTTPS_PROXY, http://proxy:3128, https://zoo.example.org/, proxy, 3128",
    "https_proxy, proxy:3128, https://zoo.example.org/, proxy, 3128",
    "HTTP_PROXY, http://proxy/, http://zoo.example.org/, proxy, 80",
    "ALL_PROXY, http://proxy:8080, https://zoo.example.org/, proxy, 8080",
  })
  void areThoseOfTheEnvironment(String variable, String value, URI address, String host, int port)
      throws Exception {
    assertEquals(Optional.of(proxy(host, port)), of(Map.of(variable, value), Map.of(), address));
  }

  @Test
  void areOfOneScheme() throws Exception {
    Map<String, String> http = Map.of("http_proxy", "http://proxy:3128");
    assertEquals(Optional.empty(), of(http, Map.of(), ADDRESS));
  }

  @ParameterizedTest
  @CsvSource({
    "*, true",
    "zoo.example.org, true",
    "example.org, true",
    ".example.org, true",
    "*.example.org, true",
    "'localhost, ORG', true",
    "zoo.example.org:443, false",
    "xample.org, false",
    "other.example.org, false",
  })
  void leaveOutWhatIsExcepted(String rules, boolean direct) throws Exception {
    Map<String, String> environment = Map.of("HTTPS_PROXY", "http://proxy:1", "NO_PROXY", rules);
    assertEquals(direct, of(environment, Map.of(), ADDRESS).isEmpty());
    URI withPort = URI.create("https://zoo.example.org:443/a");
    assertEquals(direct || rules.endsWith(":443"), of(environment, Map.of(), withPort).isEmpty());
  }

  @Test
  void leaveOutThisMachine() throws Exception {
    Map<String, String> environment = Map.of("ALL_PROXY", "http://proxy:1");
    for (String local :
        new String[] {"http://127.0.0.1:8000/", "http://localhost/", "http://[::1]/"}) {
      assertEquals(Optional.empty(), of(environment, Map.of(), URI.create(local)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"https.proxyHost", "socksProxyHost"})
  void giveWayToTheJvms(String property) throws Exception {
    Map<String, String> environment = Map.of("HTTPS_PROXY", "http://proxy:1");
    assertEquals(Optional.empty(), of(environment, Map.of(property, "other"), ADDRESS));
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://me:s3cret@proxy:1", "socks5://s3cret:1", "http://", "s3 cret"})
  void areRefusedUnshown(String value) {
    String message =
        String.valueOf(
            assertThrows(
                    DownloadException.class,
                    () -> of(Map.of("HTTPS_PROXY", value), Map.of(), ADDRESS))
                .getMessage());
    assertTrue(message.startsWith("HTTPS_PROXY: expected http://HOST:PORT"), message);
    assertFalse(message.contains("cret"), message);
  }
}
