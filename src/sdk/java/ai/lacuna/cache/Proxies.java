package ai.lacuna.cache;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Which proxy a request goes through: the JVM's where it has settings for one ({@code
 * https.proxyHost} and its like), else that of {@code HTTPS_PROXY}, {@code HTTP_PROXY} or {@code
 * ALL_PROXY}, in capitals or not, with the exceptions of {@code NO_PROXY}.
 *
 * @param environment a variable's value, if it is set
 * @param property a system property's value, if it is set
 */
record Proxies(
    Function<String, Optional<String>> environment, Function<String, Optional<String>> property) {
  /** This process's. */
  static final Proxies REAL =
      new Proxies(
          name -> Optional.ofNullable(System.getenv(name)),
          name -> Optional.ofNullable(System.getProperty(name)));

  private static final int USUAL_PORT = 80;

  /**
   * The proxy of the environment for an address.
   *
   * @return empty where the JVM decides, which knows its own settings
   * @throws DownloadException if the variable holds no proxy
   */
  Optional<Proxy> of(URI address) throws DownloadException {
    String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
    boolean ofJvm =
        Stream.of(scheme + ".proxyHost", "socksProxyHost").anyMatch(name -> isSet(property, name))
            || property.apply("java.net.useSystemProxies").filter("true"::equals).isPresent();
    if (ofJvm || Bearer.isLoopback(address) || isExcepted(address)) {
      return Optional.empty();
    }
    for (String name : new String[] {scheme + "_proxy", "all_proxy"}) {
      Optional<String> value = variable(name);
      if (value.isPresent()) {
        return Optional.of(parse(name.toUpperCase(Locale.ROOT), value.get()));
      }
    }
    return Optional.empty();
  }

  private static boolean isSet(Function<String, Optional<String>> from, String name) {
    return from.apply(name).filter(text -> !text.isBlank()).isPresent();
  }

  private Optional<String> variable(String name) {
    return Stream.of(name, name.toUpperCase(Locale.ROOT))
        .flatMap(each -> environment.apply(each).stream())
        .map(String::strip)
        .filter(text -> !text.isEmpty())
        .findFirst();
  }

  /** {@code NO_PROXY}: hosts, domains with or without a dot before them, or {@code *}. */
  private boolean isExcepted(URI address) {
    String host = String.valueOf(address.getHost()).toLowerCase(Locale.ROOT);
    return Arrays.stream(variable("no_proxy").orElse("").toLowerCase(Locale.ROOT).split(",", -1))
        .map(String::strip)
        .filter(rule -> !rule.isEmpty())
        .anyMatch(rule -> isOf(rule, host, address.getPort()));
  }

  private static boolean isOf(String rule, String host, int port) {
    String withPort = ":" + port;
    String plain =
        rule.endsWith(withPort) ? rule.substring(0, rule.length() - withPort.length()) : rule;
    String domain = plain.replaceFirst("^\\*?\\.", "");
    return plain.equals("*") || host.equals(domain) || host.endsWith("." + domain);
  }

  /** {@code http://host:port}, or without the scheme. A password in it is never shown. */
  private static Proxy parse(String name, String value) throws DownloadException {
    try {
      URI proxy = URI.create(value.contains("://") ? value : "http://" + value);
      boolean http = "http".equals(String.valueOf(proxy.getScheme()).toLowerCase(Locale.ROOT));
      if (proxy.getHost() != null && proxy.getUserInfo() == null && http) {
        int port = proxy.getPort() < 0 ? USUAL_PORT : proxy.getPort();
        return new Proxy(
            Proxy.Type.HTTP, InetSocketAddress.createUnresolved(proxy.getHost(), port));
      }
    } catch (IllegalArgumentException e) {
      // Refused below, without the value.
    }
    throw new DownloadException(
        name
            + ": expected http://HOST:PORT without name and password, found something else; for"
            + " other proxies use the JVM's settings, such as"
            + " LACUNA_JAVA_OPTS=-DsocksProxyHost=HOST");
  }
}
