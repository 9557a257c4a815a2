/**
 * Files of servers, kept on this machine: fetched once, checked at every use.
 *
 * <p>A file is fetched by one thread of one process at a time, under a lock that dies with its
 * process. It grows under a temporary name, from where a broken transfer goes on; it is checked,
 * synced and only then renamed, so that a reader sees it whole or not at all. What a server says is
 * not believed: lengths, ranges and digests are compared with what is known beforehand.
 *
 * <p>Proxies are those of the JVM's settings, else of {@code HTTPS_PROXY} and its like. The token
 * of {@code LACUNA_ZOO_TOKEN} goes to the zoo's own server alone.
 *
 * <p>Everything here is safe for use by several threads and several processes at once.
 */
@NullMarked
package ai.lacuna.cache;

import org.jspecify.annotations.NullMarked;
