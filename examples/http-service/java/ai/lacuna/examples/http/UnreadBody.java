package ai.lacuna.examples.http;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Takes what a client still sends after it was refused, and throws it away. A server that closed at
 * once would reset the connection, and a client that is busy sending would lose the answer that
 * says why. No thread waits meanwhile.
 */
final class UnreadBody implements ReadListener {
  /** Nobody reads what is written here: one for all, as refused clients may be many. */
  private static final byte[] DISCARDED = new byte[1 << 16];

  private final ServletInputStream body;
  private final CompletableFuture<Void> end = new CompletableFuture<>();

  private UnreadBody(ServletInputStream body) {
    this.body = body;
  }

  /**
   * Begins to read, in a request that is answered asynchronously.
   *
   * @param limit ends it, whatever the client does
   * @return completes when the body ends, breaks off or takes too long; never fails
   */
  static CompletableFuture<Void> drain(ServletInputStream body, Duration limit) {
    UnreadBody unread = new UnreadBody(body);
    body.setReadListener(unread);
    return unread.end.completeOnTimeout(null, limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void onDataAvailable() throws IOException {
    int count = 0;
    while (count >= 0 && body.isReady()) {
      count = body.read(DISCARDED);
    }
  }

  @Override
  public void onAllDataRead() {
    end.complete(null);
  }

  /** Whoever hangs up has nothing more to hear. */
  @Override
  public void onError(Throwable failure) {
    end.complete(null);
  }
}
