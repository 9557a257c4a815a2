package ai.lacuna.data;

import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;
import java.io.IOException;

/** Whether a data set's images have the channels that an encoder takes, or can be converted. */
public final class Channels {
  private Channels() {}

  /**
   * Looks at the first image alone: data sets are of one kind, and others are found when they are
   * read.
   *
   * @param data at least one image
   * @param channels of the encoder
   * @throws DataException if its images do not convert to so many channels
   * @throws IOException if the image cannot be read
   */
  public static void require(ImageDataset data, int channels) throws IOException {
    Pixels first = data.get(0).pixels();
    try {
      first.withChannels(channels);
    } catch (ImageException e) {
      int found = first.channels();
      throw new DataException(
          ("%s: expected images with %s channel%s, as the encoder has, found %s; images convert"
                  + " between grey (1) and colour (3) alone: take an encoder with %s, such as 'lacuna"
                  + " import --channels %s' makes")
              .formatted(data.name(), channels, channels == 1 ? "" : "s", found, found, found),
          e);
    }
  }
}
