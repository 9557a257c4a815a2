package ai.lacuna.cli;

import ai.lacuna.data.JpegReducer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What decodes JPEGs: the JDK, in full, and the library that reduces while it decodes. */
final class JpegChecks {
  private static final List<String> PLACES =
      List.of("lib/libjavajpeg.so", "bin/javajpeg.dll", "lib/libjavajpeg.dylib");
  private static final Pattern LINKED = Pattern.compile("libjpeg[-.a-z0-9]*\\.so[.0-9]*");

  /** The year is that of the Independent JPEG Group's version that every JDK has within it. */
  private static final String OWN = "27-Mar-1998";

  private JpegChecks() {}

  static List<Check> all() {
    return List.of(full(), reduced());
  }

  private static Check full() {
    Path home = Path.of(System.getProperty("java.home", ""));
    return PLACES.stream()
        .map(home::resolve)
        .filter(Files::isReadable)
        .findFirst()
        .map(JpegChecks::of)
        .orElse(Check.ok("jpeg", "by this JDK; its libjpeg can't be told"));
  }

  private static Check of(Path library) {
    String text;
    try {
      text = Files.readString(library, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return Check.ok("jpeg", "by this JDK; " + library + " can't be read");
    }
    Matcher linked = LINKED.matcher(text);
    if (linked.find()) {
      return Check.ok("jpeg", "by this JDK with the system's " + linked.group());
    }
    return text.contains(OWN)
        ? Check.warn(
            "jpeg",
            "by this JDK with its own libjpeg 6b",
            "works, but twice as slowly as with libjpeg-turbo: OpenJDK of Debian or Ubuntu has it")
        : Check.ok("jpeg", "by this JDK; its libjpeg can't be told");
  }

  private static Check reduced() {
    Optional<JpegReducer> found = JpegReducer.find();
    return found
        .map(reducer -> Check.ok("--jpeg", "reduced by " + reducer.name()))
        .orElse(
            Check.warn(
                "--jpeg",
                "nothing here decodes at a reduced size",
                "for '--jpeg reduced' add " + JpegReducer.COORDINATES + " to the class path"));
  }
}
