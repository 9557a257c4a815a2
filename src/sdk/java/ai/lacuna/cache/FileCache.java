package ai.lacuna.cache;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.files.ProcessLock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder of files from servers.
 *
 * <pre>{@code
 * FileCache cache = FileCache.standard();
 * Path weights = cache.fetch("zoos/public/vit/weights.pth", RemoteFile.of(address, size, sha256));
 * }</pre>
 *
 * <p>A place is a relative path with slashes. A file whose SHA-256 nobody knows has the one of its
 * first download written beside it, {@code NAME.sha256}, as {@code sha256sum} does.
 */
public final class FileCache {
  /** What {@link #check} says of a file that is not there. */
  public static final String ABSENT = "absent";

  private static final String LOCKS = ".locks";
  private static final Pattern RECORD = Pattern.compile("([0-9a-f]{64})  .*\\R?");

  private final CacheSettings settings;
  private final DownloadProgress progress;
  private final Patience patience;
  private final DiskSpace space;
  private final Bearer bearer;

  FileCache(CacheSettings settings, DownloadProgress progress, Patience patience, DiskSpace space) {
    this(settings, progress, patience, space, Bearer.NONE);
  }

  private FileCache(
      CacheSettings settings,
      DownloadProgress progress,
      Patience patience,
      DiskSpace space,
      Bearer bearer) {
    this.settings = settings;
    this.progress = progress;
    this.patience = patience;
    this.space = space;
    this.bearer = bearer;
  }

  /** The cache that the environment names; what happens is logged. */
  public static FileCache standard() {
    return of(CacheSettings.fromEnvironment(), DownloadProgress.logged());
  }

  /**
   * A cache.
   *
   * @param settings where it lies, and whether it may ask servers; the folder is made when needed
   * @param progress who is told what happens
   */
  public static FileCache of(CacheSettings settings, DownloadProgress progress) {
    return new FileCache(settings, progress, Patience.USUAL, DiskSpace.REAL);
  }

  /** The same cache, which shows a server a token. */
  public FileCache with(Bearer token) {
    return new FileCache(settings, progress, patience, space, token);
  }

  /** Where it lies, and whether it asks servers. */
  public CacheSettings settings() {
    return settings;
  }

  /** Who is told what happens. */
  public DownloadProgress progress() {
    return progress;
  }

  /**
   * Where a file or folder of the cache is, whether it is there or not.
   *
   * @param place relative, with slashes
   * @throws IllegalArgumentException if it leaves the cache
   */
  public Path path(String place) {
    Path path = settings.root().resolve(place).normalize();
    if (place.isEmpty() || !path.startsWith(settings.root().normalize())) {
      throw new IllegalArgumentException(place + ": expected a place within the cache");
    }
    return path;
  }

  /**
   * Whether a file is there, whole; its digest is not computed.
   *
   * @param place where it belongs
   * @param file what it should be
   * @throws IOException if the cache cannot be read
   */
  public boolean has(String place, RemoteFile file) throws IOException {
    Path target = path(place);
    return Files.isRegularFile(target)
        && (file.size() == RemoteFile.UNKNOWN_SIZE || Files.size(target) == file.size());
  }

  /**
   * Compares a file with what is known of it, and asks no server.
   *
   * @param place where it belongs
   * @param file what it should be
   * @return {@link #ABSENT}, or what is wrong with it; empty if nothing is
   * @throws IOException if the cache cannot be read
   */
  public String check(String place, RemoteFile file) throws IOException {
    Path target = path(place);
    return Files.isRegularFile(target) ? known(target, file).differences(target) : ABSENT;
  }

  /**
   * Returns a file, checked; fetches it first if it is not there or is damaged.
   *
   * @param place where it belongs
   * @param file where it comes from, and what is known of it
   * @return the file, whose digest has just been compared
   * @throws DownloadException if it cannot be had, or is not the one that is expected
   * @throws IOException if the cache cannot be read or written
   */
  public Path fetch(String place, RemoteFile file) throws IOException {
    Path target = path(place);
    if (fits(target, file)) {
      return target;
    }
    if (settings.offline()) {
      throw new DownloadException(
          "%s: expected the file at %s, found %s, and %s forbids to fetch it; put it there, or go"
                  .formatted(
                      file.source(),
                      target,
                      Files.exists(target) ? "another one" : "none",
                      CacheSettings.OFFLINE)
              + " online");
    }
    return ProcessLock.hold(
        settings.root().resolve(LOCKS).resolve(Digests.ofText(place).substring(0, 32)),
        () -> progress.say(place + ": another process is fetching it; waiting"),
        () -> {
          if (!fits(target, file)) {
            download(place, target, file);
          }
          return target;
        });
  }

  private void download(String place, Path target, RemoteFile file) throws IOException {
    if (Files.exists(target)) {
      progress.say(target + ": is not the expected file; fetching it again");
    }
    Files.createDirectories(parent(target));
    RemoteFile known = known(target, file);
    PartFile part = PartFile.of(target);
    new Transfer(
            place.substring(place.lastIndexOf('/') + 1),
            known,
            part,
            space,
            patience,
            progress,
            bearer)
        .run();
    part.publish(target);
    if (known.sha256().isEmpty()) {
      trust(target);
    }
  }

  /** The file with the digest of its first download, if only that is known. */
  private static RemoteFile known(Path target, RemoteFile file) throws IOException {
    return file.sha256().isEmpty()
        ? new RemoteFile(file.source(), file.size(), recorded(target), file.md5Prefix())
        : file;
  }

  /** Whether a file is there and is the expected one. */
  private boolean fits(Path target, RemoteFile file) throws IOException {
    if (!Files.isRegularFile(target)) {
      return false;
    }
    RemoteFile known = known(target, file);
    try {
      if (!known.differences(target).isEmpty()) {
        return false;
      }
      if (known.sha256().isEmpty()) {
        trust(target); // Somebody put it there by hand.
      }
      return true;
    } catch (NoSuchFileException e) {
      return false; // Removed just now.
    }
  }

  private void trust(Path target) throws IOException {
    String digest = Digests.of(Digests.SHA256, target);
    FileReplacement.write(record(target), digest + "  " + target.getFileName() + "\n");
    progress.say(
        "%s: nobody has published its SHA-256; %s is trusted from now on"
            .formatted(target.getFileName(), digest));
  }

  private static Path record(Path target) {
    return target.resolveSibling(target.getFileName() + ".sha256");
  }

  /** The digest of the first download; empty before it. */
  private static String recorded(Path target) throws IOException {
    try {
      Matcher line = RECORD.matcher(Files.readString(record(target)));
      return line.matches() ? line.group(1) : "";
    } catch (NoSuchFileException e) {
      return "";
    }
  }

  /**
   * Returns the newest version of a small text that its server may change at any time.
   *
   * <p>If the server cannot be reached or asking is forbidden, the copy of the last time is
   * returned, and said to be one. Without a copy, a server that is overloaded or cuts the
   * connection is asked again a few times.
   *
   * @param place where the copy is kept
   * @param file where it comes from
   * @param most bytes that it may have
   * @return its bytes
   * @throws DownloadException if it cannot be had and there is no copy
   * @throws IOException if the cache cannot be read or written
   */
  public byte[] latest(String place, RemoteFile file, int most) throws IOException {
    Path copy = path(place);
    String reason = CacheSettings.OFFLINE + " forbids to ask";
    if (!settings.offline()) {
      try {
        byte[] bytes = patiently(copy, file, most);
        FileReplacement.write(copy, bytes);
        return bytes;
      } catch (IOException e) {
        if (!Files.isRegularFile(copy)) {
          throw e instanceof DownloadException
              ? e
              : new DownloadException(file.source() + ": cannot be fetched: " + e, e);
        }
        reason =
            e instanceof DownloadException
                ? String.valueOf(e.getMessage())
                : Interruption.reason(e);
      }
    }
    if (!Files.isRegularFile(copy)) {
      throw new DownloadException(
          "%s: expected a copy at %s, found none, and %s".formatted(file.source(), copy, reason));
    }
    progress.say(
        "%s: the copy of %s is used, for %s"
            .formatted(file.source(), Files.getLastModifiedTime(copy), reason));
    return Files.readAllBytes(copy);
  }

  private byte[] patiently(Path copy, RemoteFile file, int most) throws IOException {
    for (int failures = 1; ; failures++) {
      try {
        return small(file, most);
      } catch (Interruption e) {
        if (Files.isRegularFile(copy)) {
          throw e;
        }
        if (failures >= patience.attempts()) {
          throw new DownloadException(
              "%s: cannot be fetched: %s (%s tries); try again later"
                  .formatted(file.source(), e.getMessage(), failures),
              e);
        }
        progress.say("%s: %s; trying again".formatted(file.source(), e.getMessage()));
        patience.pauseAfter(failures);
      }
    }
  }

  private byte[] small(RemoteFile file, int most) throws IOException {
    try (HttpReply reply = HttpReply.get(file.source(), 0, "", patience, bearer)) {
      reply.requireNoPassingFault();
      if (reply.status() != 200 || reply.isPage()) {
        throw new DownloadException(
            "%s: expected a file, found %s"
                .formatted(
                    reply.source(),
                    reply.status() == 200
                        ? "a web page; is there a login or a portal?"
                        : "status %s; %s".formatted(reply.status(), reply.remedy())));
      }
      try (InputStream body = reply.body()) {
        byte[] bytes = body.readNBytes(most + 1);
        if (bytes.length > most) {
          reply.drop();
          throw new DownloadException(
              String.format(
                  Locale.ROOT,
                  "%s: expected at most %,d bytes, found more; check the address",
                  reply.source(),
                  most));
        }
        if (reply.length() >= 0 && reply.length() != bytes.length) {
          reply.drop();
          throw new Interruption(
              String.format(
                  Locale.ROOT,
                  "the connection ended after %,d of %,d bytes",
                  bytes.length,
                  reply.length()));
        }
        return bytes;
      }
    }
  }

  /**
   * Removes a file or a folder with all that is in it.
   *
   * @param place where it is
   * @return the bytes that were freed; 0 if there was nothing
   * @throws IOException if something cannot be removed
   */
  public long remove(String place) throws IOException {
    Path target = path(place);
    List<Path> deepestFirst;
    if (!Files.exists(target)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(target)) {
      deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
    }
    long freed = 0;
    for (Path file : deepestFirst) {
      freed += Files.isRegularFile(file) ? Files.size(file) : 0;
      Files.deleteIfExists(file);
    }
    return freed;
  }

  private static Path parent(Path target) {
    Path parent = target.toAbsolutePath().getParent();
    return parent == null ? target : parent;
  }
}
