package ai.lacuna.cache;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A few lines in the log. */
enum LoggedProgress implements DownloadProgress {
  INSTANCE;

  private static final Logger LOG = LoggerFactory.getLogger(FileCache.class);

  @Override
  public void begin(String what, long done, long total) {
    LOG.info("Fetching {}: {} of {} bytes are here", what, done, total < 0 ? "unknown" : total);
  }

  @Override
  public void advance(long done) {
    // The log is for beginnings and ends.
  }

  @Override
  public void end() {
    LOG.info("Transfer ended");
  }

  @Override
  public void say(String line) {
    LOG.warn("{}", line);
  }
}
