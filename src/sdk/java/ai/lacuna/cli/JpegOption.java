package ai.lacuna.cli;

import ai.lacuna.data.JpegReading;
import org.apache.commons.cli.Option;

/** {@code --jpeg} of the commands that train on crops. */
final class JpegOption {
  private static final String NAME = "jpeg";

  private JpegOption() {}

  static Option option() {
    return Arguments.value(
        NAME,
        "HOW",
        "full, or reduced: decode JPEGs no larger than a crop needs, for photographs much larger"
            + " than the network's input; needs OpenCV, see 'lacuna doctor' (full)");
  }

  static JpegReading read(Arguments arguments) {
    return arguments.choice(NAME, JpegReading.FULL);
  }
}
