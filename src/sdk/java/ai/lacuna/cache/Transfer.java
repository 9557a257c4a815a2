package ai.lacuna.cache;

import ai.lacuna.files.FileReplacement;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Locale;

/**
 * Brings one file into a {@link PartFile}, whole: resumes, repeats what may be repeated, and
 * believes nothing. For one call of {@link #run}; the caller holds the file's lock.
 */
final class Transfer {
  private static final int CHUNK = 1 << 16;

  private final String name;
  private final RemoteFile file;
  private final PartFile part;
  private final DiskSpace space;
  private final Patience patience;
  private final DownloadProgress progress;
  private final Bearer bearer;

  /** Whether to go on from the bytes that are there; a server that lied about it is not asked. */
  private boolean resumes = true;

  /** Whether some of the bytes are from an earlier request. */
  private boolean resumed;

  Transfer(
      String name,
      RemoteFile file,
      PartFile part,
      DiskSpace space,
      Patience patience,
      DownloadProgress progress,
      Bearer bearer) {
    this.name = name;
    this.file = file;
    this.part = part;
    this.space = space;
    this.patience = patience;
    this.progress = progress;
    this.bearer = bearer;
  }

  /**
   * Fetches until the file is whole and is the one that is expected.
   *
   * @throws IOException if that cannot be; what may be of use to a later try is left
   */
  void run() throws IOException {
    int failures = 0;
    while (true) {
      long before = part.length();
      try {
        attempt();
        if (isExpected()) {
          return;
        }
      } catch (DownloadException e) {
        throw e;
      } catch (IOException e) {
        failures = part.length() > before ? 1 : failures + 1;
        if (failures >= patience.attempts()) {
          throw new DownloadException(
              "%s: cannot be fetched: %s (%s tries); try again, it goes on where it ended"
                  .formatted(file.source(), Interruption.reason(e), failures),
              e);
        }
        progress.say("%s: %s; trying again".formatted(name, Interruption.reason(e)));
        patience.pauseAfter(failures);
      }
    }
  }

  /** Compares with what is known; a mixture of two versions is thrown away and fetched anew. */
  private boolean isExpected() throws IOException {
    String wrong = file.differences(part.file());
    if (wrong.isEmpty()) {
      return true;
    }
    part.discard();
    if (resumed) {
      startOver();
      progress.say(name + ": the parts of it do not fit together; fetching it from the start");
      return false;
    }
    throw new DownloadException(
        "%s: %s; nothing was kept; the server has another file than the one that was published"
            .formatted(file.source(), wrong));
  }

  private void startOver() throws IOException {
    part.discard();
    resumes = false;
    resumed = false;
  }

  private void attempt() throws IOException {
    long from = place();
    if (from > 0 && from == file.size()) {
      resumed = true;
      return; // Killed after the last byte and before the name.
    }
    if (file.size() >= 0) {
      space.require(part.file(), file.size() - from, name);
    }
    String validator = from > 0 ? part.validator(file.source().toString()) : "";
    try (HttpReply reply = HttpReply.get(file.source(), from, validator, patience, bearer)) {
      long total = begin(reply, from, validator);
      copy(reply, total);
    }
  }

  /** Where to go on: 0 if what is there may be of another file. */
  private long place() throws IOException {
    long there = part.length();
    boolean sure = !file.sha256().isEmpty() || !part.validator(file.source().toString()).isEmpty();
    if (there == 0 || !resumes || !sure || there > file.most()) {
      part.discard();
      return 0;
    }
    return there;
  }

  /** Checks the head of a reply and makes the part ready; the length of the whole, if known. */
  private long begin(HttpReply reply, long from, String validator) throws IOException {
    int status = reply.status();
    if (status == 416 || (status == 206 && !continues(reply, from, validator))) {
      startOver();
      throw new Interruption("the server sends another part than asked for (" + status + ")");
    }
    reply.requireNoPassingFault();
    if (status != 200 && status != 206) {
      throw new DownloadException(
          "%s: expected a file, found status %s; %s"
              .formatted(reply.source(), status, reply.remedy()));
    }
    if (reply.isPage()) {
      throw new DownloadException(
          reply.source() + ": expected a file, found a web page; is there a login or a portal?");
    }
    if (status == 206) {
      resumed = true;
      return file.size() >= 0 ? file.size() : reply.range().map(HttpReply.Range::total).orElse(-1L);
    }
    if (file.size() >= 0 && reply.length() >= 0 && reply.length() != file.size()) {
      throw new DownloadException(
          String.format(
              Locale.ROOT,
              "%s: expected %,d bytes, found that the server has %,d; it is another file",
              reply.source(),
              file.size(),
              reply.length()));
    }
    resumed = false;
    part.begin(file.source().toString(), reply.validator());
    return file.size() >= 0 ? file.size() : reply.length();
  }

  private boolean continues(HttpReply reply, long from, String validator) {
    String now = reply.validator();
    boolean same = validator.isEmpty() || now.isEmpty() || now.equals(validator);
    return from > 0
        && same
        && reply
            .range()
            .filter(range -> range.first() == from)
            .filter(r -> r.total() < 0 || file.size() < 0 || r.total() == file.size())
            .isPresent();
  }

  private void copy(HttpReply reply, long total) throws IOException {
    long done = part.length();
    long most = total >= 0 ? Math.min(total, file.most()) : file.most();
    if (total > most) {
      reply.drop();
      tooMuch(reply, most);
    }
    if (file.size() < 0 && total >= 0) {
      space.require(part.file(), total - done, name);
    }
    progress.begin(name, done, total);
    try (InputStream body = reply.body();
        FileChannel out = part.append()) {
      byte[] buffer = new byte[CHUNK];
      for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
        if (done + count > most) {
          reply.drop();
          tooMuch(reply, most);
        }
        FileReplacement.writeFully(out, ByteBuffer.wrap(buffer, 0, count));
        done += count;
        progress.advance(done);
      }
      out.force(true);
    } finally {
      progress.end();
    }
    if (total >= 0 && done < total) {
      throw new Interruption(
          String.format(Locale.ROOT, "the connection ended after %,d of %,d bytes", done, total));
    }
  }

  private void tooMuch(HttpReply reply, long most) throws IOException {
    boolean again = resumed;
    startOver();
    String message =
        String.format(
            Locale.ROOT,
            "%s: expected %s%,d bytes, found more",
            reply.source(),
            most == file.size() ? "" : "at most ",
            most);
    throw again ? new Interruption(message) : new DownloadException(message + "; nothing was kept");
  }
}
