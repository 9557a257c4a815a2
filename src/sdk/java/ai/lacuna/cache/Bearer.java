package ai.lacuna.cache;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A token for one server: that server gets it over https, or on this machine, and nobody else does.
 * No message and no {@link #toString} holds it.
 */
public final class Bearer {
  /** Names the token of the private zoo's server. */
  public static final String VARIABLE = "LACUNA_ZOO_TOKEN";

  /** Gives nobody anything. */
  static final Bearer NONE = new Bearer(URI.create("https://localhost/"), "");

  private static final Pattern TOKEN = Pattern.compile("[!-~]+");
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "localhost");

  private final URI server;
  private final String token;

  private Bearer(URI server, String token) {
    this.server = server;
    this.token = token;
  }

  /**
   * What {@value #VARIABLE} holds, for a server.
   *
   * @param server an address of it
   * @return the token; one that gives nobody anything if the variable is not set
   * @throws IllegalArgumentException if a token cannot be what it holds, or the address cannot be
   *     one
   */
  public static Bearer fromEnvironment(String server) {
    return CacheSettings.find(VARIABLE).map(token -> of(URI.create(server), token)).orElse(NONE);
  }

  /**
   * A token.
   *
   * @param server an address of the server that it is for
   * @param token what the server wants to see
   * @throws IllegalArgumentException if it is empty, or holds blanks or other signs than ASCII's
   */
  public static Bearer of(URI server, String token) {
    if (!TOKEN.matcher(token).matches()) {
      throw new IllegalArgumentException(
          VARIABLE + ": expected ASCII letters, digits and signs without blanks, found others");
    }
    return new Bearer(server, token);
  }

  /** What a request to an address says of itself; empty if that is no place for the token. */
  Optional<String> authorization(URI address) {
    boolean same =
        host(address).equals(host(server))
            && scheme(address).equals(scheme(server))
            && port(address) == port(server);
    boolean safe = scheme(address).equals("https") || isLoopback(address);
    return same && safe && !token.isEmpty() ? Optional.of("Bearer " + token) : Optional.empty();
  }

  /** Whether an address is of this machine. */
  static boolean isLoopback(URI address) {
    return LOOPBACK.contains(host(address));
  }

  private static String scheme(URI address) {
    return String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
  }

  private static String host(URI address) {
    return String.valueOf(address.getHost()).toLowerCase(Locale.ROOT);
  }

  private static int port(URI address) {
    int usual = scheme(address).equals("https") ? 443 : 80;
    return address.getPort() < 0 ? usual : address.getPort();
  }

  @Override
  public String toString() {
    return token.isEmpty() ? "no token" : "a token for " + host(server);
  }
}
