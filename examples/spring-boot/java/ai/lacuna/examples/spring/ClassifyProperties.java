package ai.lacuna.examples.spring;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;

/**
 * What {@code application.properties} and the command line say.
 *
 * @param bundle a folder or a zip
 * @param device {@code cpu}, {@code cuda} or {@code cuda:n}
 * @param topK classes in an answer, at least 1
 * @param maxBody the longest body, from 1 byte to below 2 GB
 * @param queue requests that may wait, at least 1
 */
@ConfigurationProperties("lacuna")
record ClassifyProperties(Path bundle, String device, int topK, DataSize maxBody, int queue) {
  ClassifyProperties {
    require(topK >= 1, "lacuna.top-k: expected at least 1, found " + topK);
    require(queue >= 1, "lacuna.queue: expected at least 1, found " + queue);
    long bytes = maxBody.toBytes();
    require(
        bytes >= 1 && bytes <= Integer.MAX_VALUE,
        "lacuna.max-body: expected 1B to 2047MB, found " + maxBody);
  }

  int maxBodyBytes() {
    return Math.toIntExact(maxBody.toBytes());
  }

  private static void require(boolean sound, String otherwise) {
    if (!sound) {
      throw new SettingException(otherwise);
    }
  }
}
